"""What is stored: a probe against least squares, and what it finds in a network, trained and shuffled."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from engine import checkpoint
from engine.events import Stored
from engine.probes import probing, states


@pytest.fixture
def short(monkeypatch):
    """Fewer clips and times: seconds instead of tens of them."""
    monkeypatch.setattr(probing, "LEARNT", 16)
    monkeypatch.setattr(probing, "TRIED", 8)
    monkeypatch.setattr(probing, "POINTS", 6)


def stored(network) -> Stored:
    *_, found = probing.probe(network)
    assert isinstance(found, Stored)
    return found


def test_probe_is_least_squares(monkeypatch):
    monkeypatch.setattr(probing, "RIDGE", 0.0)
    rng = np.random.default_rng(0)
    x, classes = rng.normal(size=(50, 6)), rng.integers(0, 4, 50)
    wanted = np.linalg.lstsq(x, np.eye(4)[classes], rcond=None)[0]
    assert np.abs(probing.solved(x, classes) - wanted).max() < 1e-9


def test_a_state_that_holds_what_was_three_frames_ago_is_read():
    """States that are the class of three frames ago, one hot: all is known at k = 3, little at others."""
    rng = np.random.default_rng(1)
    read = []
    for _ in range(6):
        classes = rng.integers(0, 5, 200)
        read.append(({1: np.eye(5)[np.r_[[0, 0, 0], classes[:-3]]]}, classes))
    for k, least, most in ((3, 0.999, 1.0), (2, 0.0, 0.4), (5, 0.0, 0.4)):
        accuracy, shuffled, chance = probing.asked(read[:4], read[4:], 1, k)
        assert least <= accuracy <= most
        assert shuffled < 0.4
        assert 0.2 < chance < 0.4


def test_silence_is_not_asked():
    values, classes = np.arange(12.0).reshape(6, 2), np.array([0, 1, 0, 2, 2, 0])
    x, said = probing.pairs([({1: values}, classes)], 1, 1)
    assert said.tolist() == [1, 2, 2]
    assert x[:, :2].tolist() == values[[2, 4, 5]].tolist()
    assert (x[:, 2] == 1).all()


def test_a_trained_network_keeps_more_than_shuffled_weights_and_shuffled_states(short):
    network = checkpoint.open_network("phonemes-lstm-128")
    rng = np.random.default_rng(0)
    weights = {key: rng.permutation(value.ravel()).reshape(value.shape) for key, value in network.weights.items()}
    found = stored(network)
    spoilt = stored(dataclasses.replace(network, id="shuffled", weights=weights))
    at = int(np.abs(found.seconds - 0.12).argmin())
    assert found.accuracy[2][at] > 0.8
    assert found.accuracy[2][at] > spoilt.accuracy[2][at] + 0.1
    assert found.accuracy[2][at] > found.shuffled[2][at] + 0.5
    assert found.shuffled[2].mean() < found.chance.mean() + 0.05
    assert found.accuracy[2][-1] < 0.3, "it does not last for ever"
    assert found.accuracy[2][2] > found.accuracy[1][2] + 0.1


def test_a_network_that_hears_no_sound_is_refused(short, monkeypatch):
    monkeypatch.setattr(states, "layers", lambda trace: 0)
    with pytest.raises(states.StateError, match="no recurrent layer"):
        stored(checkpoint.open_network("phonemes-lstm-32"))
