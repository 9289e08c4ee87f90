"""Networks for speech: CRNN, Deep Speech and its second, transformer, Conformer, Zipformer, Emformer."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from engine import build, catalog, pacing, reach
from engine.convolution import Depthwise, ResBlock, SepConv, counts
from engine.device import torchaudio
from engine.probes.record import Recorder
from engine.subsampling import ConvSubsampling
from engine.trace import Key

MELS, CLASSES = 20, 7
SMALL: dict[str, dict[str, Any]] = {
    "crnn": {"channels": 8, "hidden": 12, "layers": 2},
    "deepspeech": {"hidden": 12},
    "deepspeech2": {"channels": 4, "blocks": 2, "hidden": 12, "layers": 2},
    "transformer": {"channels": 8, "hidden": 16, "layers": 2},
    "conformer": {"channels": 8, "hidden": 16, "layers": 2},
    "zipformer": {"channels": 16, "hidden": 16},
    "emformer": {"channels": 8, "hidden": 16, "layers": 2},
}


def made(name: str, inputs: int = MELS, outputs: int = CLASSES, **knobs: Any) -> Any:
    settings = catalog.load("models", name).Settings(**{**SMALL[name], **knobs})
    return build.fresh(name, settings, inputs, outputs, 5).eval()


def answers(module: Any, x: torch.Tensor, *more: Any) -> torch.Tensor:
    with torch.no_grad():
        y, steps, _ = module(x, torch.full((len(x),), x.shape[1]), *more)
    assert steps.tolist() == [y.shape[1]] * len(x)
    return torch.as_tensor(y)


@pytest.mark.parametrize("frames", [*range(7, 60), 100, 101, 399, 400])
def test_subsampling_leaves_a_quarter_k001(frames: int) -> None:
    front = ConvSubsampling(80, 2, "valid")
    h, steps, _ = front(torch.randn(1, frames, 80), torch.tensor([frames]))
    assert h.shape == (1, ((frames - 1) // 2 - 1) // 2, 2 * 19)
    assert int(steps) == h.shape[1]
    assert front.sizes == [80, 39, 19]
    if frames == 100:
        seen = Recorder()
        front(torch.randn(1, frames, 80), torch.tensor([frames]), None, seen)
        assert [each.shape for each in seen.values.values()] == [(49, 2 * 39), (24, 2 * 19)]


def test_subsampling_lengths_for_every_length_k001() -> None:
    every = torch.arange(7, 401)
    assert ConvSubsampling(80, 1, "valid").lengths(every).tolist() == [
        ((t - 1) // 2 - 1) // 2 for t in range(7, 401)
    ]
    assert ConvSubsampling(80, 1, "same").lengths(every).tolist() == [-(-t // 4) for t in range(7, 401)]


def test_zipformer_lengths_k014() -> None:
    module = made("zipformer")
    for frames in range(20, 401, 19):
        assert answers(module, torch.randn(1, frames, MELS)).shape[1] == -(-((frames - 7) // 2) // 2)
    small = made("zipformer", 8, hidden=8, heads=1, depth=0)
    with torch.no_grad():
        steps = small(torch.randn(381, 400, 8), torch.arange(20, 401))[1]
    assert steps.tolist() == [-(-((t - 7) // 2) // 2) for t in range(20, 401)]


@pytest.mark.parametrize("stride", [1, 2])
def test_separable_is_the_composed_kernel_k003(stride: int) -> None:
    conv = SepConv(3, 5, 3, stride)
    x = torch.randn(2, 3, 9, 11)
    torch.testing.assert_close(conv(x), conv.composed()(x), rtol=0, atol=1e-5)
    (deep, point) = counts(conv, x)
    size = conv(x).shape[2] * conv(x).shape[3]
    assert (deep.kind, point.kind) == ("depthwise", "pointwise")
    assert deep.weights + point.weights == 9 * 3 + 3 * 5 == reach.weights(3, 3, 5, "separable")
    assert deep.products + point.products == (9 * 3 + 3 * 5) * size
    (dense,) = counts(conv.composed(), x)
    assert dense.weights == 9 * 3 * 5 == reach.weights(3, 3, 5)


def test_depthwise_keeps_channels_apart_k004() -> None:
    conv = Depthwise(4)
    x = torch.randn(1, 4, 8, 8)
    for channel in range(4):
        other = x.clone()
        other[:, channel] = 0
        changed = [(conv(x) - conv(other))[0, each].abs().max() > 0 for each in range(4)]
        assert changed == [each == channel for each in range(4)]
    (count,) = counts(conv, x)
    assert count.kind == "depthwise"
    assert count.weights == 9 * 4 == reach.weights(3, 4, 4, "depthwise")


@pytest.mark.parametrize(("frames", "bands"), [(8, 10), (8, 11), (9, 10), (9, 11)])
def test_residual_blocks_halve_k006(frames: int, bands: int) -> None:
    x, lengths = torch.randn(1, 3, frames, bands), torch.tensor([frames])
    halving, keeping = ResBlock(3, 3, bands, 2), ResBlock(3, 3, bands)
    y, steps = halving(x, lengths)
    assert y.shape == (1, 3, -(-frames // 2), -(-bands // 2))
    assert int(steps) == y.shape[2]
    assert halving.shortcut is not None
    assert halving.shortcut.kernel_size == (1, 1)
    assert keeping.shortcut is None
    assert keeping(x, lengths)[0].shape == x.shape
    assert ResBlock(3, 4, bands).shortcut is not None
    for conv in keeping.convs:
        nn.init.zeros_(conv.weight), nn.init.zeros_(conv.bias)  # type: ignore[arg-type]
    torch.testing.assert_close(keeping(x, lengths)[0], x)


def test_the_transformer_of_the_notes_k315_k357() -> None:
    settings = catalog.load("models", "transformer").Settings()
    assert (settings.channels, settings.hidden, settings.heads, settings.layers) == (32, 256, 4, 4)
    module: Any = build.fresh("transformer", settings, 80, 28, 0).eval()
    assert module.conv.weight.shape == (32, 1, 3, 3)
    x = torch.randn(8, 501, 80)
    y = answers(module, x)
    assert y.shape == (8, 250, 28)
    order = [1, 0, *range(2, 8)]
    torch.testing.assert_close(answers(module, x[order]), y[order], rtol=0, atol=1e-5)


def test_the_transformer_knows_places() -> None:
    """Without positions, equal frames could not be told apart; at the ends even the convolution tells them."""
    module = made("transformer")
    y = answers(module, torch.ones(1, 40, MELS))[0, 4:-4]
    assert (y[:-1] - y[1:]).abs().max(1).values.min() > 1e-4


@pytest.mark.parametrize("name", SMALL)
def test_clips_of_a_batch_do_not_mix(name: str) -> None:
    module, x = made(name), torch.randn(3, 44, MELS)
    y = answers(module, x)
    torch.testing.assert_close(answers(module, x.flip(0)), y.flip(0), rtol=0, atol=1e-5)
    x[1] += 1
    other = answers(module, x)
    torch.testing.assert_close(other[[0, 2]], y[[0, 2]], rtol=0, atol=1e-5)
    assert (other[1] - y[1]).abs().max() > 1e-3


@pytest.mark.parametrize(("name", "order"), list(itertools.product(SMALL, itertools.permutations(range(3)))))
def test_axes_in_another_order_are_named_k009(name: str, order: tuple[int, ...]) -> None:
    module, x = made(name), torch.randn(2, 40, MELS).permute(order)
    if order == (0, 1, 2):
        module(x, torch.tensor([40, 40]))
        return
    with pytest.raises(ValueError, match=r"\(batch, time, feature\) = \(B, T, 20\)") as found:
        module(x, torch.tensor([40, 40]))
    fix = str(found.value).rpartition("x.permute")[2]
    assert x.permute(tuple(int(each) for each in fix.strip("()").split(","))).shape == (2, 40, MELS)


@pytest.mark.parametrize("name", SMALL)
def test_every_weight_learns(name: str) -> None:
    """All gradients are finite, and none is zero throughout."""
    module = made(name)
    y, _, _ = module(torch.randn(2, 60, MELS), torch.tensor([60, 41]))
    y.square().sum().backward()
    idle = {key for key, each in module.named_parameters() if each.grad is None or not each.grad.abs().sum() > 0}
    # softmax takes no notice of what all its scores have in common: the bias of keys.
    assert not {each for each in idle if "in_proj" not in each}
    assert all(bool(each.grad.isfinite().all()) for each in module.parameters())


@pytest.mark.parametrize("norm", ["batch", "layer"])
def test_a_conformer_block_is_torchaudios_k016(norm: str) -> None:
    module = made("conformer", norm=norm, heads=2, kernel=7)
    theirs = torchaudio().models.conformer.ConformerLayer(16, 64, 2, 7)
    mine = module.blocks[1]
    if norm == "layer":
        theirs.conv_module.sequential[3] = mine.conv_module.sequential[3]
    theirs.load_state_dict(mine.state_dict())
    theirs.eval()
    x, steps = torch.randn(2, 13, 16), torch.tensor([13, 9])
    exists = torch.arange(13)[None] < steps[:, None]
    x = x * exists[..., None]
    with torch.no_grad():
        wanted = theirs(x.transpose(0, 1), ~exists).transpose(0, 1)
        found, _ = mine(x, exists, exists, None, None, 1)
    torch.testing.assert_close(found[0], wanted[0], rtol=0, atol=1e-5)
    # Theirs lets the convolution hear what the padding has become; ours does not.
    torch.testing.assert_close(found[1, : 9 - 3], wanted[1, : 9 - 3], rtol=0, atol=1e-5)


@pytest.mark.parametrize(("chunk", "left"), [(1, 4), (4, 1), (4, 2)])
def test_a_step_of_the_conformer_attends_to_its_chunks_k016(chunk: int, left: int) -> None:
    """Shares are those of torch's attention under a mask made by hand; what is told lies around each step."""
    module, seen = made("conformer", chunk=chunk, left=left), Recorder()
    answers(module, torch.randn(1, 64, MELS), None, seen)
    for head, layer in itertools.product((1, 2, 3, 4), (1, 2)):
        shares = seen.values[Key(f"attention.head{head}", layer)]
        past = left * chunk + chunk - 1
        assert shares.shape == (16, past + 1 + chunk - 1)
        np.testing.assert_allclose(shares.sum(1), 1.0, atol=1e-5)
        for t in range(16):
            at = np.arange(t - past, t + chunk)
            first = max(0, (t // chunk - left) * chunk)
            allowed = (at >= first) & (at < (t // chunk + 1) * chunk) & (at < 16)
            assert (shares[t, ~allowed] == 0).all()
            assert (shares[t, allowed] > 0).all()


def test_attention_over_all_is_told_by_frame() -> None:
    for name in ("conformer", "transformer", "zipformer"):
        module, seen = made(name), Recorder()
        answers(module, torch.randn(1, 64, MELS), None, seen)
        found = [each for key, each in seen.values.items() if key.name == "selfattention.head1"]
        assert len(found) >= 2
        for shares in found:
            assert shares.shape[0] == shares.shape[1]
            np.testing.assert_allclose(shares.sum(1), 1.0, atol=1e-5)


@pytest.mark.parametrize(("segment", "right", "left"), [(4, 1, 8), (2, 0, 4), (4, 4, 4)])
def test_the_emformer_is_torchaudios(segment: int, right: int, left: int) -> None:
    """Segment by segment theirs, by its own `infer`, gives what ours gives of the whole sound, and streamed."""
    module = made("emformer", segment=segment, right=right, left=left)
    x = torch.randn(2, 90, MELS)
    with torch.no_grad():
        h = module.dense(module.front(x, torch.tensor([90, 90]))[0])
        steps = h.shape[1]
        h = nn.functional.pad(h, (0, 0, 0, -steps % segment + right))
        state, parts = None, []
        for start in range(0, h.shape[1] - right, segment):
            piece = h[:, start : start + segment + right]
            y, _, state = module.net.infer(piece, torch.full((2,), segment + right), state)
            parts.append(y)
        wanted = module.head(torch.cat(parts, 1)[:, :steps])
    torch.testing.assert_close(answers(module, x), wanted, rtol=0, atol=1e-5)
    state, parts = module.init_state(2), []
    with torch.no_grad():
        for start in range(0, 90, 12):
            piece = x[:, start : start + 12]
            y, _, state = module(piece, torch.full((2,), piece.shape[1]), state)
            parts.append(y)
        parts.append(module.finish(state)[0])
    torch.testing.assert_close(torch.cat(parts, 1), wanted, rtol=0, atol=1e-5)


def test_the_emformer_tells_the_same_streamed() -> None:
    """h and attention of a stream are those of the whole sound, step by step."""
    module, whole = made("emformer"), Recorder()
    x = torch.randn(1, 88, MELS)
    answers(module, x, None, whole)
    found: dict[Key, list[np.ndarray]] = {}
    state: Any = module.init_state(1)
    with torch.no_grad():
        for start in range(0, 88, 8):
            seen = Recorder()
            _, _, state = module(x[:, start : start + 8], torch.tensor([8]), state, seen)
            for key, each in seen.values.items():
                found.setdefault(key, []).append(each)
        last = Recorder()
        module.finish(state, last)
        for key, each in last.values.items():
            found.setdefault(key, []).append(each)
    assert found.keys() == whole.values.keys()
    for key, parts in found.items():
        np.testing.assert_allclose(np.concatenate(parts), whole.values[key], atol=1e-5, err_msg=str(key))
    shares = whole.values[Key("attention.head2", 1)]
    np.testing.assert_allclose(shares.sum(1), 1.0, atol=1e-5)


def test_deep_speech_is_torchaudios_but_for_its_lstm_k210() -> None:
    module = made("deepspeech", context=2, clip=1.5)
    theirs: Any = torchaudio().models.DeepSpeech(5 * MELS, 12, CLASSES).eval()
    for mine, name in zip([*module.dense, module.last], ("fc1", "fc2", "fc3", "fc4"), strict=True):
        part = getattr(theirs, name)
        part.fc.load_state_dict(mine.state_dict())
        part.relu_max_clip = 1.5
    theirs.out.load_state_dict(module.head.state_dict())

    class Forwards(nn.Module):
        def forward(self, h: torch.Tensor) -> tuple[torch.Tensor, None]:
            out = module.layers[0].forwards.core(h.transpose(0, 1))[0].transpose(0, 1)
            return torch.cat([out, torch.zeros_like(out)], -1), None

    theirs.bi_rnn = Forwards()
    x = 3 * torch.randn(2, 30, MELS)
    padded = nn.functional.pad(x, (0, 0, 2, 2))
    around = torch.cat([padded[:, k : k + 30] for k in range(5)], -1)
    with torch.no_grad():
        wanted = theirs(around[:, None])
    torch.testing.assert_close(answers(module, x).log_softmax(-1), wanted, rtol=0, atol=1e-5)
    seen = Recorder()
    answers(module, x, None, seen)
    assert seen.values[Key("dense", 1)].max() == pytest.approx(1.5)


@pytest.mark.parametrize("name", SMALL)
def test_an_impulse_is_seen_where_it_sounds(name: str) -> None:
    """The pace that a network tells of a series is true: what changes lies around the frame that was changed."""
    module, frames, at = made(name), 120, 60
    x = torch.zeros(1, frames, MELS)
    quiet, loud = Recorder(), Recorder()
    answers(module, x, None, quiet)
    x[:, at] = 3.0
    answers(module, x, None, loud)
    for key, each in loud.values.items():
        if key.name not in ("conv", "dense") or key.layer > 3:
            continue  # behind these, far more is heard than a frame
        change = np.abs(each - quiet.values[key]).sum(1)
        stride, first = pacing.pace(module, key)
        middle = (np.arange(len(change)) * change).sum() / change.sum()
        # The weights of nine frames side by side are not symmetrical.
        near = 2.0 if name == "deepspeech" else 0.75 * stride
        assert abs(first + stride * middle - at) <= near, str(key)


def test_receptive_fields_k011() -> None:
    """1000 (1 + sum of (k - 1) times the strides before) hop / rate, against what gradients reach."""
    steps = [reach.Step(3, 2), reach.Step(5, 2), reach.Step(3)]
    seen, stride = reach.span(steps)
    assert (seen, stride) == (1 + 2 + 4 * 2 + 2 * 4, 4)
    assert reach.milliseconds(steps, 0.01) == pytest.approx(1000 * seen * 160 / 16000)
    convs = nn.Sequential(*(nn.Conv1d(1, 1, each.kernel, each.stride) for each in steps))
    x = torch.randn(1, 1, 100, requires_grad=True)
    convs(x)[0, 0, 3].backward()
    assert x.grad is not None
    touched = torch.nonzero(x.grad[0, 0])[:, 0]
    assert (int(touched[0]), len(touched)) == (3 * stride, seen)
    assert reach.hertz([reach.Step(3)], (100.0, 200.0, 400.0, 800.0)) == (300.0, 600.0)
