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


def real(count: int) -> tuple[list[Clip], int, int]:
    """Clips of the task with MFCCs, how many features, and how many classes."""
    task = phonemes.build(phonemes.Settings(features="mfcc", clips=10, words=1, delay=0))
    given = [task.example(clip.read()[:, 0], clip.labels) for clip in list(task.corpus.split("train"))[:count]]
    return given, given[0][0].shape[1], len(task.vocabulary)


@pytest.mark.parametrize("source", ["mock", "real"])
def test_both_sources_keep_one_contract(source: str) -> None:
    given, width, classes = real(3)
    if source == "mock":
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
