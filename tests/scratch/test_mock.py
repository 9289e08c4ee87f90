"""Mock MFCCs keep the contract of the real ones, and need a memory to be told apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from engine.scratch import net as nets
from engine.scratch.adaptive import Adam
from engine.scratch.batch import pad
from engine.scratch.loss import accuracy
from engine.scratch.mock import mock
from engine.scratch.rnn import Rnn
from engine.tasks import phonemes

if TYPE_CHECKING:
    from engine.scratch.batch import Clip


def switched(count: int, source: str, features: str = "mfcc") -> tuple[list[Clip], int, int]:
    """Clips of the task with features of a source, how many they are, and how many classes."""
    task = phonemes.build(phonemes.Settings(features=features, source=source, clips=10, words=1, delay=0))
    given = [task.example(clip.read()[:, 0], clip.labels) for clip in list(task.corpus.split("train"))[:count]]
    return given, given[0][0].shape[1], len(task.vocabulary)


@pytest.mark.parametrize("source", ["lesson", "mock", "real"])
def test_all_sources_keep_one_contract(source: str) -> None:
    given, width, classes = switched(3, "mock" if source == "mock" else "real")
    if source == "lesson":
        given, classes = mock(3, np.random.default_rng(0), 8, width), 9
    for x, y in given:
        assert x.dtype == np.float32
        assert y.dtype == np.int64
        assert x.shape == (len(y), width)
        assert 0 <= y.min() <= y.max() < classes
    rng = np.random.default_rng(0)
    loss, _ = next(nets.train(nets.draw(Rnn, (width, 8, classes), rng), given, Adam(0.01), rng))
    assert np.isfinite(loss)


def test_a_seed_is_a_set_of_clips() -> None:
    one, other, third = (mock(2, np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one[0][0], other[0][0])
    assert one[0][0].shape != third[0][0].shape or (one[0][0] != third[0][0]).any()


@pytest.mark.parametrize("features", ["mfcc", "logmel"])
def test_the_switch_of_the_task_changes_the_features_alone(features: str) -> None:
    """Same clips, shapes, types and classes; other numbers, which lie around a mean of each class."""
    sounds, *real = switched(6, "real", features)
    painted, *mocked = switched(6, "mock", features)
    again, *_ = switched(6, "mock", features)
    assert real == mocked
    means: dict[int, list[np.ndarray]] = {}
    for (x, y), (z, w), (twin, _) in zip(sounds, painted, again, strict=True):
        assert (x.shape, x.dtype) == (z.shape, z.dtype)
        np.testing.assert_array_equal(y, w)
        np.testing.assert_array_equal(z, twin)
        assert np.abs(x - z).max() > 0.1
        settled = np.flatnonzero(np.r_[[False] * 8, [np.ptp(w[t - 8 : t + 1]) == 0 for t in range(8, len(w))]])
        for t in settled:
            means.setdefault(int(w[t]), []).append(z[t])
    for name, rows in means.items():
        if len(rows) > 20:
            spread = np.std(rows, axis=0)
            assert spread == pytest.approx(0.5, abs=0.3), name


def test_a_memory_helps() -> None:
    """An RNN names more frames rightly than the same network whose state is taken away at every frame."""
    rng = np.random.default_rng(0)
    given, held_out = mock(64, rng), pad(mock(16, rng))
    found = []
    for remembers in (True, False):
        net = nets.draw(Rnn, (13, 24, 9), np.random.default_rng(1))
        u = net.weights["layers.0.forwards.U"]
        steps = nets.train(net, given, Adam(0.01), np.random.default_rng(2))
        for _ in range(200):
            if not remembers:
                u[...] = 0.0
            next(steps)
        u *= remembers
        found.append(accuracy(net.forward(held_out.x, held_out.lengths), held_out.targets, held_out.mask))
    assert found[0] > 0.9
    assert found[0] > found[1] + 0.1
