"""The three ways to use what a recurrent network says: at every step, at the end, and to go on by itself."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine import build, checkpoint, generate
from engine.models.recurrent import Settings

FRAMES = 41


def output(readout: str) -> tuple[tuple[int, ...], int]:
    """The shape of the output for one clip, and the classes there are."""
    network = checkpoint.untrained("phonemes", Settings(hidden=32, readout=readout))
    with torch.inference_mode():
        y, lengths, _ = build.build(network)(torch.zeros(1, FRAMES, network.inputs), torch.tensor([FRAMES]))
    return tuple(y[0, : int(lengths[0])].squeeze(0).shape), len(network.vocabulary)


def test_at_each_step_an_answer_for_each_frame() -> None:
    shape, classes = output("frames")
    assert shape == (FRAMES, classes)


@pytest.mark.parametrize("readout", ["last", "mean", "attention"])
def test_at_the_end_one_answer_for_the_clip(readout: str) -> None:
    shape, classes = output(readout)
    assert shape == (classes,)


@pytest.mark.parametrize("count", [1, 7])
def test_going_on_gives_as_many_symbols_as_are_asked_for(count: int) -> None:
    settings = generate.Settings()
    found = list(generate.play(checkpoint.open_network("melody-rnn-64"), [], count, settings))
    odds = np.array([settings.chances(logits) for _, logits in found])
    assert odds.shape[0] == count
    np.testing.assert_allclose(odds.sum(1), 1.0, atol=1e-9)
