"""Hearing a state: against the normal equations and sound that is known, and beside shuffled states."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from engine import asset, checkpoint
from engine.events import Decoded
from engine.memo import Memo
from engine.probes import decode, states
from engine.session import Depth
from engine.vocode import Picture


def finish(steps):
    """What a generator returns."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


@pytest.fixture(scope="module")
def memo():
    return Memo()


def heard(network, name, layer, memo, units=()) -> Decoded:
    traced = states.traced(network, asset.open_bundled(name), memo)
    return next(
        each for each in decode.hear(network, traced, Depth(layer, units), memo) if isinstance(each, Decoded)
    )


def test_decoder_is_ridge_regression():
    rng = np.random.default_rng(1)
    values, mel = rng.normal(size=(200, 5)).astype(np.float32), rng.normal(size=(200, 80)).astype(np.float32)
    learnt = decode.learn([(values, mel)])
    for units, without, chosen in (
        ((), False, [0, 1, 2, 3, 4]),
        ((1, 3), False, [1, 3]),
        ((0, 2, 4), True, [1, 3]),
    ):
        x = decode.neighbours(values[:, chosen])
        centred = x - x.mean(axis=0)
        alpha = decode.RIDGE * np.mean(np.sum(centred**2, axis=0))
        wanted = Ridge(alpha=alpha).fit(x, mel.astype(float)).predict(x)
        assert np.abs(learnt.decoder(units, without)(values) - wanted).max() < 1e-4


def test_correlation_is_the_mean_of_pearsons():
    rng = np.random.default_rng(2)
    one, other = rng.normal(size=(50, 4)), rng.normal(size=(50, 4))
    wanted = np.mean([np.corrcoef(one[:, band], other[:, band])[0, 1] for band in range(4)])
    assert decode.correlation(one, other) == pytest.approx(wanted)
    other[:, 3] = 1.0  # a band that never moves counts nowhere
    wanted = np.mean([np.corrcoef(one[:, band], other[:, band])[0, 1] for band in range(3)])
    assert decode.correlation(one, other) == pytest.approx(wanted)


def test_sound_of_a_picture_has_that_picture():
    sound = asset.open_bundled("digits").read()[:32000, 0]
    form = Picture(16000, 160)
    wanted = form.of(sound, 200)
    back = finish(form.sound(wanted, 32000))
    assert back.shape == (32000,)
    loud = wanted > wanted.max() - 7
    assert np.abs(form.of(back, 200) - wanted)[loud].mean() < 0.5  # nepers of power: 2 dB


@pytest.mark.parametrize("name", ["phonemes-lstm-128", "digits-gru-128"])
def test_unseen_speech_is_heard_through_every_layer(memo, name):
    network = checkpoint.open_network(name)
    for layer in (0, 1, 2):
        for clip in ("speech-3", "digits"):
            found = heard(network, clip, layer, memo)
            assert found.correlation > 0.6, (layer, clip)
            assert found.correlation - found.shuffled > 0.2
            assert found.sound.frames == states.traced(network, asset.open_bundled(clip), memo).sound.frames


def test_less_is_heard_of_fewer_units(memo):
    network = checkpoint.open_network("phonemes-lstm-128")
    whole, few = (heard(network, "speech-3", 2, memo, units) for units in ((), (3, 4)))
    assert few.depth.units == (3, 4)
    assert few.correlation < whole.correlation - 0.1


def test_decoder_of_a_network_reads_no_other(memo):
    """States of shuffled weights say nothing to what was learnt on those of the trained ones."""
    network = checkpoint.open_network("phonemes-lstm-128")
    traced = states.traced(network, asset.open_bundled("speech-3"), memo)
    decoder = finish(decode._learnt(network, 2, traced.trace.clip_id, memo)).decoder()
    rng = np.random.default_rng(0)
    weights = {key: rng.permutation(value.ravel()).reshape(value.shape) for key, value in network.weights.items()}
    spoilt = dataclasses.replace(network, id="shuffled", weights=weights)
    values, truth = decode.pair(states.traced(spoilt, asset.open_bundled("speech-3"), Memo()), 2)
    own = decode.correlation(decoder(decode.pair(traced, 2)[0]), truth)
    assert decode.correlation(decoder(values), truth) < own - 0.2


def test_what_is_not_there_is_said(memo):
    network = checkpoint.open_network("phonemes-lstm-32")
    with pytest.raises(states.StateError, match="0 \\(what it hears\\) to 2"):
        heard(network, "speech-3", 3, memo)
    with pytest.raises(states.StateError, match="0 to 31"):
        heard(network, "speech-3", 2, memo, (32,))
    with pytest.raises(states.StateError, match="every unit is left out"):
        decode.learn([(np.ones((9, 2), np.float32), np.ones((9, 80), np.float32))]).decoder((0, 1), without=True)
