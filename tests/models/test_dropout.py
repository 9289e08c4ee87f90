"""Dropout: of inputs, of the state that the gates see, and of outputs; anew each frame, or one mask for a clip."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch

from engine import build
from engine.cells import Cell, dropout_mask
from engine.models.recurrent import Settings

if TYPE_CHECKING:
    from engine.recurrent import Recurrent

INPUTS, FRAMES, BATCH = 40, 60, 8
KINDS = ("rnn", "lstm", "gru")


def network(**knobs: Any) -> Recurrent:
    module: Any = build.fresh("recurrent", Settings(**({"hidden": 128, "layers": 2} | knobs)), INPUTS, 5, 0)
    made: Recurrent = module.train()
    return made


def heard(module: Recurrent, part: torch.nn.Module, x: torch.Tensor) -> torch.Tensor:
    """What a part of the network is given."""
    seen: list[torch.Tensor] = []
    hook = part.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    torch.manual_seed(3)
    with torch.no_grad():
        module(x, torch.full((len(x),), x.shape[1]))
    hook.remove()
    return seen[0]


def check_share(dropped: torch.Tensor, whole: torch.Tensor, share: float) -> None:
    """Zeroes of `share` within 2 %, and all else larger by 1 / (1 - share)."""
    assert (whole != 0).all()
    zero = dropped == 0
    assert float(zero.double().mean()) == pytest.approx(share, abs=0.02)
    torch.testing.assert_close(dropped[~zero], whole[~zero] / (1 - share))


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5])
def test_input_dropout_zeroes_its_share_of_what_a_layer_reads(share: float) -> None:
    module, x = network(input_dropout=share, same_mask=False), torch.randn(BATCH, 400, INPUTS)
    check_share(heard(module, module.layers[0], x), x, share)
    assert float((heard(module, module.layers[1], x) == 0).double().mean()) == pytest.approx(share, abs=0.02)
    module.eval()
    assert torch.equal(heard(module, module.layers[0], x), x)
    assert (heard(module, module.layers[1], x) != 0).all()


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5])
def test_output_dropout_leaves_the_state_that_is_carried(share: float) -> None:
    module, x = network(output_dropout=share, same_mask=False), torch.randn(BATCH, 400, INPUTS)
    lengths = torch.full((BATCH,), 400)
    dropped = heard(module, module.head, x)
    with torch.no_grad():
        _, _, (after, _) = module(x, lengths)
        whole = heard(module.eval(), module.head, x)
        _, _, (plain, _) = module(x, lengths)
    check_share(dropped, whole, share)  # no h was made of one that was dropped
    for layer, other in zip(after, plain, strict=True):
        assert all(torch.equal(one, two) for one, two in zip(layer, other, strict=True))


@pytest.mark.parametrize("kind", KINDS)
def test_recurrent_dropout_is_the_formula(kind: Any) -> None:
    """The gates see m h(t-1), with one mask m in {0, 1 / (1 - p)} a clip; x, c and the h kept stay whole."""
    cell = Cell(kind, INPUTS, 32, 0.4).double().train()
    x = torch.randn(BATCH, FRAMES, INPUTS, dtype=torch.float64)
    h = c = torch.zeros(BATCH, 32, dtype=torch.float64)
    torch.manual_seed(5)
    mask: Any = dropout_mask(h, 0.4)
    torch.manual_seed(5)
    with torch.no_grad():
        found, _ = cell(x, torch.full((BATCH,), FRAMES))
        core = cell.core
        for t in range(FRAMES):
            a = x[:, t] @ core.weight_ih_l0.T + core.bias_ih_l0
            b = (mask * h) @ core.weight_hh_l0.T + core.bias_hh_l0
            if kind == "rnn":
                h = torch.tanh(a + b)
            elif kind == "lstm":
                i, f, g, o = (a + b).chunk(4, 1)
                c = f.sigmoid() * c + i.sigmoid() * g.tanh()
                h = o.sigmoid() * c.tanh()
            else:
                (ar, az, an), (br, bz, bn) = a.chunk(3, 1), b.chunk(3, 1)
                z = (az + bz).sigmoid()
                h = (1 - z) * (an + (ar + br).sigmoid() * bn).tanh() + z * h
            torch.testing.assert_close(found[:, t], h, rtol=0, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_recurrent_dropout_leaves_the_input_and_evaluation_alone(kind: Any) -> None:
    cell, plain = Cell(kind, INPUTS, 32, 0.9), Cell(kind, INPUTS, 32, 0.0)
    plain.load_state_dict(cell.state_dict())
    x, lengths = torch.randn(BATCH, FRAMES, INPUTS), torch.full((BATCH,), FRAMES)
    with torch.no_grad():
        wanted, _ = plain(x, lengths)
        dropped, _ = cell.train()(x, lengths)
        # The first step has no state to hide; x reaches it as it is.
        torch.testing.assert_close(dropped[:, 0], wanted[:, 0], rtol=0, atol=1e-6)
        assert (dropped[:, 1:] - wanted[:, 1:]).abs().max() > 1e-3
        assert torch.equal(cell.eval()(x, lengths)[0], wanted)
        cell.core.weight_hh_l0.zero_()
        without, _ = cell(x, lengths)
        torch.testing.assert_close(cell.train()(x, lengths)[0], without, rtol=0, atol=1e-6)


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5])
def test_recurrent_masks_zero_their_share(share: float) -> None:
    mask = dropout_mask(torch.ones(400, 500), share)
    assert mask is not None
    check_share(mask, torch.ones(400, 500), share)
    assert dropout_mask(torch.ones(2), 0.0) is None


@pytest.mark.parametrize("where", ["input", "output"])
def test_a_variational_mask_is_one_for_all_frames_and_another_for_each_clip(where: str) -> None:
    x = torch.randn(BATCH, FRAMES, INPUTS)
    for same in (True, False):
        module = network(**{f"{where}_dropout": 0.5}, same_mask=same)
        zero = heard(module, module.layers[0] if where == "input" else module.head, x) == 0
        assert bool((zero == zero[:, :1]).all()) == same
        assert len({tuple(row.tolist()) for row in zero[:, 0]}) == BATCH
        assert float(zero.double().mean()) == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize("kind", KINDS)
def test_a_recurrent_mask_is_one_for_all_frames(kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of an h that is held at 1 the gates see the same at every step, and another for each clip."""
    cell = Cell(kind, INPUTS, 32, 0.5).train()
    cell.edit = lambda t, name, value: torch.ones_like(value) if name == "h" else None
    seen: list[torch.Tensor] = []
    step = cell._step

    def watched(t: int, x: torch.Tensor, before: torch.Tensor, state: Any) -> Any:
        seen.append(before)
        return step(t, x, before, state)

    monkeypatch.setattr(cell, "_step", watched)
    with torch.no_grad():
        cell(torch.randn(BATCH, FRAMES, INPUTS), torch.full((BATCH,), FRAMES))
    assert all(torch.equal(each, seen[1]) for each in seen[2:])
    assert len({tuple(row.tolist()) for row in seen[1]}) == BATCH
