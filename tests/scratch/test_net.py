"""What is from scratch, beyond the cells: steps, stretches, padding, clipping, optimisers, and that it learns."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from engine import scratch
from engine.scratch import net as nets
from engine.scratch.adaptive import Adam, Rmsprop
from engine.scratch.batch import Clip, pad, shuffled
from engine.scratch.clip import clip_norm, clip_value, norm
from engine.scratch.exchange import CELLS
from engine.scratch.layer import reverse
from engine.scratch.loss import accuracy, cross_entropy
from engine.scratch.optim import Sgd
from engine.scratch.output import softmax

STEPS, INPUTS, HIDDEN, CLASSES = 40, 5, 6, 4
FOLDER = Path(scratch.__file__).parent


def made(kind: str = "lstm", **more: Any) -> nets.Net:
    return nets.draw(
        CELLS[kind], (INPUTS, HIDDEN, CLASSES), np.random.default_rng(0), **({"dtype": np.float64} | more)
    )


def clips(count: int = 4, seed: int = 0) -> list[Clip]:
    """Clips of several lengths; the class of a frame is that of the greatest input three frames ago."""
    rng = np.random.default_rng(seed)
    found = []
    for length in rng.integers(STEPS // 2, STEPS + 1, count):
        x = rng.standard_normal((length, INPUTS))
        late = np.roll(x[:, :CLASSES].argmax(1), 3)
        late[:3] = 0
        found.append((x, late))
    return found


def test_only_numpy_and_the_standard_library() -> None:
    names = [f"engine.scratch.{path.stem}" for path in FOLDER.glob("*.py") if path.stem != "__init__"]
    code = f"""import importlib, sys
for name in {names}:
    importlib.import_module(name)
print({{each.partition(".")[0] for each in sys.modules}} & {{"torch", "scipy", "librosa", "PySide6", "psygnal"}})
print([each for each in sys.modules if each.startswith("engine.") and not each.startswith("engine.scratch")])"""
    root = FOLDER.parents[1]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    assert done.stdout.splitlines() == ["set()", "[]"]


def test_the_first_lesson_is_short() -> None:
    assert sum(len((FOLDER / f"{name}.py").read_text().splitlines()) for name in scratch.LESSON) <= 500


@pytest.mark.parametrize("kind", CELLS)
def test_step_by_step_equals_one_call(kind: str) -> None:
    cell = CELLS[kind].draw(INPUTS, HIDDEN, np.random.default_rng(1), np.float64)
    x = np.random.default_rng(2).standard_normal((50, INPUTS, 3))
    whole, ends, seen = (
        cell.forward(x).copy(),
        cell.state,
        {name: each.copy() for name, each in cell.seen().items()},
    )
    state = None
    for t, row in enumerate(x):
        np.testing.assert_allclose(cell.forward(row[None], state)[0], whole[t], rtol=0, atol=1e-12)
        for name, each in cell.seen().items():
            np.testing.assert_allclose(each[0], seen[name][t], rtol=0, atol=1e-12, err_msg=name)
        state = cell.state
    for ours, end in zip(cell.state, ends, strict=True):
        np.testing.assert_allclose(ours, end, rtol=0, atol=1e-12)


@pytest.mark.parametrize("kind", CELLS)
def test_clips_of_a_batch_never_mix(kind: str) -> None:
    cell = CELLS[kind].draw(INPUTS, HIDDEN, np.random.default_rng(1))
    x = np.random.default_rng(2).standard_normal((20, INPUTS, 2)).astype(np.float32)
    h = cell.forward(x).copy()
    np.testing.assert_array_equal(cell.forward(x[..., ::-1].copy()), h[..., ::-1])


@pytest.mark.parametrize("kind", CELLS)
@pytest.mark.parametrize("stretch", [STEPS, STEPS + 7])
def test_a_stretch_as_long_as_the_clips_is_full_bptt(kind: str, stretch: int) -> None:
    net, batch = made(kind, layers=2), pad(clips(), STEPS)
    full = net.learn(batch)
    grads = {name: each.copy() for name, each in net.grads.items()}
    np.testing.assert_array_equal(net.learn(batch, stretch), full)
    for name, each in net.grads.items():
        np.testing.assert_array_equal(each, grads[name], name)


def test_shorter_stretches_give_the_same_outputs_and_other_gradients() -> None:
    net, batch = made(layers=2), pad(clips())
    full, grads = net.learn(batch), {name: each.copy() for name, each in net.grads.items()}
    np.testing.assert_allclose(net.learn(batch, 7), full, rtol=0, atol=1e-12)
    assert any(np.abs(each - grads[name]).max() > 1e-4 for name, each in net.grads.items())


def test_truncation_needs_one_direction() -> None:
    with pytest.raises(ValueError, match="forward only"):
        made(both=True).learn(pad(clips()), 5)


@pytest.mark.parametrize("both", [False, True])
def test_twice_the_padding_changes_nothing(both: bool) -> None:
    net, short = made(both=both), pad(clips())
    long = pad(clips(), 2 * STEPS)
    assert len(long.x) == 2 * STEPS
    each = net.learn(short).sum()
    grads = {name: one.copy() for name, one in net.grads.items()}
    right = accuracy(net.forward(short.x, short.lengths), short.targets, short.mask)
    assert net.learn(long).sum() == pytest.approx(each, abs=1e-12)
    for name, one in net.grads.items():
        np.testing.assert_allclose(one, grads[name], rtol=0, atol=1e-12, err_msg=name)
    assert accuracy(net.forward(long.x, long.lengths), long.targets, long.mask) == right


def test_buffers_are_kept_and_never_seen() -> None:
    """A shorter batch after a longer one, and the longer one again: as on a new network."""
    net, long, short = made("gru"), pad(clips(5)), pad(clips(2, seed=3))
    for batch in (long, short, long):
        net.learn(batch)
        other = made("gru")
        other.learn(batch)
        for name, each in net.grads.items():
            np.testing.assert_array_equal(each, other.grads[name], name)


def test_a_wrong_width_is_named() -> None:
    with pytest.raises(ValueError, match=r"\[T, 5, B\].*\(3, 9, 1\)"):
        made().forward(np.zeros((3, 9, 1)), np.array([3]))


def test_reversal_is_its_own_inverse() -> None:
    x, lengths = np.random.default_rng(0).standard_normal((6, 2, 3)), np.array([6, 0, 4])
    back = reverse(x, lengths)
    np.testing.assert_array_equal(back[:4, :, 2], x[3::-1, :, 2])
    np.testing.assert_array_equal(back[:, :, 1], x[:, :, 1])
    np.testing.assert_array_equal(reverse(back, lengths), x)


def test_softmax_and_loss_of_any_logits() -> None:
    for scale in (1.0, 1e4):
        y = scale * np.random.default_rng(0).standard_normal((3, CLASSES, 2)).astype(np.float32)
        p = softmax(y)
        assert np.isfinite(p).all()
        np.testing.assert_allclose(p.sum(1), 1.0, atol=1e-6)
        each, dy = cross_entropy(y, np.zeros((3, 2), int), np.ones((3, 2), np.float32))
        assert np.isfinite(each).all()
        assert np.isfinite(dy).all()


def test_a_clipped_norm_keeps_its_direction() -> None:
    rng = np.random.default_rng(0)
    old = [rng.standard_normal((4, 3)), rng.standard_normal((5, 1))]
    for most in (0.5, 0.0, 1e6):
        new = [each.copy() for each in old]
        before, after = clip_norm(new, most)
        assert before == pytest.approx(norm(old))
        assert after == pytest.approx(norm(new))
        if most == 0.5:
            assert norm(new) <= most + 1e-6
            a, b = (np.concatenate([each.ravel() for each in both]) for both in (old, new))
            assert a @ b / np.linalg.norm(a) / np.linalg.norm(b) == pytest.approx(1.0)
        else:
            for one, other in zip(old, new, strict=True):
                np.testing.assert_array_equal(one, other)


def test_clipped_values_and_the_angle_they_turn() -> None:
    rng = np.random.default_rng(0)
    old = [rng.standard_normal((4, 3)), rng.standard_normal((5, 1))]
    new = [each.copy() for each in old]
    angle = clip_value(new, 0.3)
    assert max(np.abs(each).max() for each in new) <= 0.3
    a, b = (np.concatenate([each.ravel() for each in both]) for both in (old, new))
    assert angle == pytest.approx(np.arccos(a @ b / np.linalg.norm(a) / np.linalg.norm(b)))
    assert angle > 0.1


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (Sgd(0.1), lambda p: torch.optim.SGD(p, 0.1)),
        (Sgd(0.1, 0.9), lambda p: torch.optim.SGD(p, 0.1, momentum=0.9)),
        (Rmsprop(0.01), lambda p: torch.optim.RMSprop(p, 0.01)),
        (Adam(0.01), lambda p: torch.optim.Adam(p, 0.01)),
    ],
)
def test_optimisers_are_torchs(ours: Any, theirs: Any) -> None:
    rng = np.random.default_rng(0)
    w = rng.standard_normal((4, 3))
    leaf = torch.from_numpy(w.copy()).requires_grad_()
    optimiser = theirs([leaf])
    for _ in range(20):
        g = rng.standard_normal(w.shape)
        leaf.grad = torch.from_numpy(g.copy())
        optimiser.step()
        ours.step({"w": w}, {"w": g})
    np.testing.assert_allclose(w, leaf.detach().numpy(), rtol=0, atol=1e-12)


def test_batches_hold_every_clip_once() -> None:
    given = clips(7)
    found = list(shuffled(given, 3, np.random.default_rng(0)))
    assert [len(batch.lengths) for batch in found] == [3, 3, 1]
    assert sorted(n for batch in found for n in batch.lengths) == sorted(len(x) for x, _ in given)


@pytest.mark.parametrize(("kind", "both"), [("rnn", False), ("lstm", False), ("gru", False), ("gru-seed", True)])
def test_it_learns_what_was_three_frames_ago(kind: str, both: bool) -> None:
    rng = np.random.default_rng(0)
    net = nets.draw(CELLS[kind], (INPUTS, 24, CLASSES), rng, both=both)
    given = [(x.astype(np.float32), y) for x, y in clips(64)]
    steps = nets.train(net, given, Adam(0.02), rng)
    losses = [next(steps)[0] for _ in range(150)]
    assert losses[0] > 1.2
    assert np.mean(losses[-10:]) < 0.6
    batch = pad(given[:16])
    assert accuracy(net.forward(batch.x, batch.lengths), batch.targets, batch.mask) > 0.75
