"""The recurrent network: axes that are checked, batches that never mix, attention, and the stepper beside it."""

from __future__ import annotations

import itertools
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from engine import build
from engine.attention import ClipAttention, WindowAttention
from engine.models import recurrent
from engine.stepper import NotLive, Stepper
from engine.trace import Key

INPUTS, OUTPUTS, FRAMES = 6, 4, 21


def made(**knobs: Any) -> Any:
    settings = recurrent.Settings(**({"hidden": 32} | knobs))
    return build.fresh("recurrent", settings, INPUTS, OUTPUTS, 0).eval()


def heard(model: Any, x: torch.Tensor, lengths: list[int] | None = None) -> tuple[Any, dict[Key, torch.Tensor]]:
    seen: dict[Key, torch.Tensor] = {}
    with torch.no_grad():
        found = model(x, torch.tensor(lengths or [x.shape[1]] * len(x)), None, lambda k, v: seen.update({k: v}))
    return found, seen


@pytest.mark.parametrize("order", list(itertools.permutations((0, 1, 2))))
def test_wrong_axes_are_refused_with_the_remedy(order: tuple[int, int, int]) -> None:
    model, x, lengths = made(), torch.zeros(3, FRAMES, INPUTS), torch.full((3,), FRAMES)
    if order == (0, 1, 2):
        model(x, lengths)
        return
    with pytest.raises(ValueError, match=r"\(batch, time, feature\) = \(B, T, 6\).*permute\(") as refused:
        model(x.permute(order), lengths)
    remedy = str(refused.value).rpartition("permute(")[2].rstrip(")")
    assert x.permute(order).permute([int(axis) for axis in remedy.strip("()").split(",")]).shape == x.shape


def test_a_length_beyond_the_frames_is_refused() -> None:
    with pytest.raises(ValueError, match="22 is more than the 21 frames"):
        made()(torch.zeros(1, FRAMES, INPUTS), torch.tensor([FRAMES + 1]))


@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("attention", ["none", "self"])
def test_swapping_two_clips_swaps_their_outputs_exactly(both: bool, attention: str) -> None:
    model = made(bidirectional=both, attention=attention, window=8)
    x = torch.randn(2, FRAMES, INPUTS, generator=torch.Generator().manual_seed(0))
    (one, _, _), _ = heard(model, x)
    (two, _, _), _ = heard(model, x.flip(0))
    assert torch.equal(one.flip(0), two)


@pytest.mark.parametrize("layers", range(1, 7))
def test_every_layer_is_seen(layers: int) -> None:
    _, seen = heard(made(layers=layers, bidirectional=True), torch.randn(1, FRAMES, INPUTS))
    shown = {(key.layer, key.direction) for key in seen if key.name == "h"}
    assert shown == {(number, way) for number in range(1, layers + 1) for way in ("forward", "backward")}
    for number in range(1, layers + 1):
        h, o, c = (seen[Key(name, number, "backward")] for name in ("h", "gate.o", "c"))
        torch.testing.assert_close(h, o * c.tanh(), rtol=0, atol=1e-6)


def test_what_the_probe_sees_is_what_a_hook_sees() -> None:
    model, hooked = made(layers=2), []
    for layer in model.layers:
        layer.forwards.core.register_forward_hook(lambda module, arguments, found: hooked.append(found[0]))
    _, seen = heard(model, torch.randn(1, FRAMES, INPUTS))
    assert [torch.equal(seen[Key("h", number)], hooked[number - 1]) for number in (1, 2)] == [True, True]


def test_a_residual_layer_adds_its_input() -> None:
    plain, residual = made(layers=2), made(layers=2, residual=True)
    residual.load_state_dict(plain.state_dict())
    x = torch.randn(1, FRAMES, INPUTS)
    (_, _, _), seen = heard(plain, x)
    (y, _, _), _ = heard(residual, x)
    with torch.no_grad():
        wanted = plain.head(seen[Key("h", 1)] + seen[Key("h", 2)])
    torch.testing.assert_close(y, wanted, rtol=0, atol=1e-6)


def test_joined_frames_shorten_the_output() -> None:
    model = made(stack=4)
    (y, lengths, _), _ = heard(model, torch.randn(2, FRAMES, INPUTS), [FRAMES, 3])
    assert y.shape == (2, 6, OUTPUTS)
    assert lengths.tolist() == [6, 1]


@pytest.mark.parametrize("readout", ["last", "mean", "attention"])
def test_one_answer_for_the_clip(readout: str) -> None:
    model = made(readout=readout)
    assert model.lookahead is None
    (y, lengths, _), seen = heard(model, torch.randn(2, FRAMES, INPUTS), [FRAMES, 9])
    assert y.shape == (2, 1, OUTPUTS)
    assert lengths.tolist() == [1, 1]
    weights = seen[Key("attention")]
    torch.testing.assert_close(weights.sum(1), torch.ones(2, 1))
    assert not weights[1, 9:].any()


@pytest.mark.parametrize(
    ("readout", "knobs"), [("last", {}), ("mean", {"stack": 3}), ("attention", {"attention": "self"})]
)
def test_the_evidence_of_all_frames_is_the_answer(readout: str, knobs: dict[str, Any]) -> None:
    model = made(readout=readout, **knobs)
    (y, _, _), seen = heard(model, torch.randn(2, FRAMES, INPUTS), [FRAMES, 9])
    torch.testing.assert_close(seen[Key("evidence")].sum(1, keepdim=True) + model.head.bias, y)
    assert not seen[Key("evidence")][1, 9:].any()


def test_what_a_clip_is_read_from() -> None:
    """Against the plain definitions: the last state, and the mean of the states."""
    x = torch.randn(2, FRAMES, INPUTS)
    for readout in ("last", "mean"):
        model = made(readout=readout)
        (y, _, _), seen = heard(model, x, [FRAMES, 9])
        h = seen[Key("h", len(model.layers))]
        for item, length in enumerate((FRAMES, 9)):
            read = h[item, length - 1] if readout == "last" else h[item, :length].mean(0)
            torch.testing.assert_close(y[item, 0], model.head(read))


@pytest.mark.parametrize(("kind", "future"), list(itertools.product(("pooling", "self", "additive"), (0, 3))))
def test_window_attention_is_the_plain_sum(kind: Any, future: int) -> None:
    """Against loops over the definition, longer than a chunk, with a padded item."""
    torch.manual_seed(0)
    attend = WindowAttention(kind, 8, past=4, future=future).double()
    h, lengths = torch.randn(2, 300, 8, dtype=torch.float64), torch.tensor([300, 40])
    with torch.no_grad():
        context, by_head, _ = attend(h, lengths)
        weights = by_head[:, :, 0]
        for item, t in ((0, 0), (0, 2), (0, 255), (0, 256), (0, 299), (1, 1), (1, 39)):
            seen = [s for s in range(t - 4, t + future + 1) if 0 <= s < lengths[item]]
            keys = attend.key(h[item, seen])
            if kind == "self":
                scores = keys @ attend.query(h[item, t]) / np.sqrt(8)
            elif kind == "additive":
                scores = attend.energy((attend.query(h[item, t]) + keys).tanh())[:, 0]
            else:
                scores = attend.query(keys.tanh())[:, 0]
            wanted = scores.softmax(0)
            torch.testing.assert_close(context[item, t], wanted @ h[item, seen], rtol=0, atol=1e-12)
            torch.testing.assert_close(weights[item, t].sum(), torch.tensor(1.0, dtype=torch.float64))
            shown = [weights[item, t, s - t + 4] for s in seen]
            torch.testing.assert_close(torch.stack(shown), wanted, rtol=0, atol=1e-12)
            assert int((weights[item, t] > 0).sum()) == len(seen)
    assert not weights[1, 40 + 4 :].any()


@pytest.mark.parametrize(("heads", "future"), [(1, 0), (4, 0), (4, 3)])
def test_multi_head_attention_is_that_of_torch(heads: int, future: int) -> None:
    """With a band of frames let through, longer than a chunk, with a padded item; each head's weights too."""
    torch.manual_seed(0)
    attend = WindowAttention("multihead", 8, past=4, future=future, heads=heads)
    theirs = torch.nn.MultiheadAttention(8, heads, batch_first=True)
    h, lengths = torch.randn(2, 300, 8), torch.tensor([300, 40])
    time = torch.arange(300)
    away = time[None] - time[:, None]  # [asking, asked]
    outside = (away < -4) | (away > future)
    with torch.no_grad():
        parts = (attend.query, attend.key, attend.value)
        theirs.in_proj_weight.copy_(torch.cat([each.weight for each in parts]))
        theirs.in_proj_bias.copy_(torch.cat([each.bias for each in parts]))
        theirs.out_proj.load_state_dict(attend.out.state_dict())
        padded = time[None] >= lengths[:, None]
        wanted, shares = theirs(
            h, h, h, attn_mask=outside, key_padding_mask=padded, average_attn_weights=False, need_weights=True
        )
        context, weights, _ = attend(h, lengths)
    for item, length in enumerate(lengths.tolist()):
        torch.testing.assert_close(context[item, :length], wanted[item, :length], rtol=0, atol=1e-5)
        for t in (0, 3, 39, length - 1):
            row = torch.nn.functional.pad(shares[item, :, t], (4, future))[:, t : t + 5 + future]
            torch.testing.assert_close(weights[item, t], row, rtol=0, atol=1e-5)
            torch.testing.assert_close(weights[item, t].sum(1), torch.ones(heads), rtol=0, atol=1e-5)


def test_what_is_masked_weighs_nothing_however_loud_it_is() -> None:
    torch.manual_seed(0)
    for kind in ("pooling", "self", "additive", "multihead"):
        attend = WindowAttention(kind, 8, past=4, heads=2)
        h, lengths = torch.randn(1, 20, 8), torch.tensor([12])
        with torch.no_grad():
            quiet = attend(h, lengths)
            h[0, 12:] = 1e4
            loud = attend(h, lengths)
        torch.testing.assert_close(quiet[0][0, :12], loud[0][0, :12], rtol=0, atol=0)
        assert not quiet[1][0, 0, :, :4].any(), "before the first frame there is none"
        assert not loud[1][0, 15, :, -1].any()


def test_a_head_that_is_off_is_taken_out_of_the_sum() -> None:
    whole = made(attention="multihead", heads=4, window=8)
    x = torch.randn(1, 40, INPUTS)
    (y, _, _), seen = heard(whole, x)
    assert [key.name for key in seen if key.name.startswith("attention")] == [
        f"attention.head{head}" for head in (1, 2, 3, 4)
    ]
    off = made(attention="multihead", heads=4, window=8, heads_off=(2, 3))
    off.load_state_dict(whole.state_dict())
    width = whole.settings.hidden // 4
    with torch.no_grad():
        assert whole.attend is not None
        whole.attend.out.weight[:, width : 3 * width] = 0  # what these two heads say is not heard
        wanted, _, _ = whole(x, torch.tensor([40]))
        found, _, _ = off(x, torch.tensor([40]))
    torch.testing.assert_close(found, wanted, rtol=0, atol=1e-6)
    assert (found - y).abs().max() > 1e-3


def test_clip_attention_gives_nothing_to_the_padding() -> None:
    torch.manual_seed(0)
    weights = ClipAttention(8)(torch.randn(2, 5, 8), torch.tensor([5, 0]))
    torch.testing.assert_close(weights[0].sum(), torch.tensor(1.0))
    assert not weights[1].any()


VARIANTS = [
    {"cell": cell, "attention": attention, "residual": residual, "stack": stack, "layers": 3, "window": 8}
    for cell, attention, (residual, stack) in itertools.product(
        ("rnn", "lstm", "gru"), ("none", "pooling", "self", "additive", "multihead"), ((False, 1), (True, 3))
    )
]


@pytest.mark.parametrize("knobs", VARIANTS, ids=lambda knobs: "-".join(str(value) for value in knobs.values()))
def test_the_stepper_makes_the_same_numbers(knobs: dict[str, Any]) -> None:
    model = made(**knobs)
    weights = build.weights(model)
    network: Any = SimpleNamespace(
        name="x", settings=model.settings, live=True, weights=weights, inputs=INPUTS, vocabulary="abcd"
    )
    x = 2 * torch.randn(1, 60, INPUTS, generator=torch.Generator().manual_seed(1))
    (y, _, _), seen = heard(model, x)
    stepper = Stepper(network)
    for _ in range(2):  # once more after a reset
        stepper.reset()
        logits, parts, place = [], dict[Key, list[np.ndarray]](), 0
        for size in (1, 2, 0, 5, 7, 1, 44):
            found, values = stepper.push(x[0, place : place + size].numpy())
            place += size
            logits.append(found)
            for key, value in values.items():
                parts.setdefault(key, []).append(value)
        np.testing.assert_allclose(np.concatenate(logits), y[0], atol=1e-5)
        assert set(parts) == set(seen)
        for key, wanted in seen.items():
            np.testing.assert_allclose(np.concatenate(parts[key]), wanted[0], atol=1e-5, err_msg=str(key))


@pytest.mark.parametrize(
    ("knobs", "why"), [({"bidirectional": True}, "backwards"), ({"readout": "mean"}, "whole clip")]
)
def test_a_network_that_needs_the_future_cannot_step(knobs: dict[str, Any], why: str) -> None:
    settings = recurrent.Settings(**knobs)
    network: Any = SimpleNamespace(
        name="digits-both", model="recurrent", settings=settings, live=build.is_live("recurrent", settings)
    )
    with pytest.raises(NotLive, match=f"digits-both needs the whole future.*{why}"):
        Stepper(network)


def test_an_untrained_network_is_drawn_from_its_seed_alone() -> None:
    state = torch.random.get_rng_state()
    one, two, other = (
        build.weights(build.fresh("recurrent", recurrent.Settings(hidden=32), INPUTS, OUTPUTS, seed))
        for seed in (1, 1, 2)
    )
    assert torch.equal(state, torch.random.get_rng_state())
    assert all(np.array_equal(one[name], two[name]) for name in one)
    assert not all(np.array_equal(one[name], other[name]) for name in one)
