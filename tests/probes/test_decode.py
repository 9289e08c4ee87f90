"""Hearing a state: against the normal equations and sound that is known, and beside shuffled states."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from engine import asset, build, checkpoint
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
    return decoded(network, states.traced(network, asset.open_bundled(name), memo), Depth(layer, units), memo)


def decoded(network, traced, depth, memo) -> Decoded:
    return next(each for each in decode.hear(network, traced, depth, memo) if isinstance(each, Decoded))


def by_speech(network, traced, layer, memo) -> tuple[float, float]:
    """How much is read of a clip by what was learnt on other clips alone; and of shuffled states."""
    learnt = finish(decode.speech(network, layer, traced.trace.clip_id, memo))
    values, truth = decode.pair(traced, layer)
    found = finish(decode.read(learnt, values, truth, Depth(layer), 1, 0))
    return decode.correlation(found[0], truth), decode.correlation(found[1], truth)


def noise(seed, count=400, units=20) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(count, units)).astype(np.float32), rng.normal(size=(count, 80)).astype(np.float32)


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


def test_what_is_learnt_beside_counts_as_much():
    (many, mel), (few, own) = noise(1, 200, 5), noise(2, 50, 5)
    few += 3
    both = decode.learn([(many, mel)]).beside(decode.learn([(few, own)]))
    x = np.concatenate([decode.neighbours(many), decode.neighbours(few)])
    weights = np.repeat([1.0, 4.0], [200, 50])
    centred = x - np.average(x, axis=0, weights=weights)
    alpha = decode.RIDGE * np.mean(np.sum(weights[:, None] * centred**2, axis=0))
    learnt = Ridge(alpha=alpha).fit(x, np.concatenate([mel, own]).astype(float), sample_weight=weights)
    assert np.abs(both.decoder()(few) - learnt.predict(decode.neighbours(few))).max() < 1e-4


def test_no_part_is_read_by_what_was_learnt_on_it():
    """Of noise nothing can be read that was not learnt by heart."""
    learnt, (values, truth) = decode.learn([noise(1)]), noise(2)
    by_heart = learnt.beside(decode.learn([(values, truth)])).decoder()(values)
    assert decode.correlation(by_heart, truth) > 0.3
    found, shuffled = finish(decode.read(learnt, values, truth, Depth(), decode.PARTS, 5))
    assert abs(decode.correlation(found, truth)) < 0.05
    assert abs(decode.correlation(shuffled, truth)) < 0.05
    changed = truth.copy()
    changed[95:205] = 0  # the second part, and what lies beside it
    changed, _ = finish(decode.read(learnt, values, changed, Depth(), decode.PARTS, 5))
    np.testing.assert_array_equal(changed[100:200], found[100:200])
    assert (changed[:100] != found[:100]).any()


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
            traced = states.traced(network, asset.open_bundled(clip), memo)
            correlation, shuffled = by_speech(network, traced, layer, memo)
            assert correlation > 0.6, (layer, clip)
            assert correlation - shuffled > 0.2
            found = heard(network, clip, layer, memo)
            assert found.correlation > 0.6, (layer, clip)
            assert found.correlation - found.shuffled > 0.2
            assert found.sound.frames == states.traced(network, asset.open_bundled(clip), memo).sound.frames


def test_music_is_read_by_what_was_learnt_of_it(memo):
    network = checkpoint.open_network("transcribe_notes")
    traced = states.traced(network, build.task_of(network).pinned(), memo)
    for layer in range(1, states.layers(traced.trace) + 1):
        alone, _ = by_speech(network, traced, layer, memo)
        found = decoded(network, traced, Depth(layer), memo)
        assert found.correlation > alone + 0.1
        assert found.correlation > found.shuffled + 0.2
        assert found.learnt == "bundled speech and the other 3 of 4 parts of this clip"


def test_a_short_clip_is_read_by_what_was_learnt_on_others(memo):
    network = checkpoint.open_network("phonemes-lstm-32")
    traced = states.traced(network, asset.open_bundled("digits"), memo, 0.0, decode.LEAST - 0.1)
    found = decoded(network, traced, Depth(1), memo)
    assert found.learnt == "bundled speech"
    assert (found.correlation, found.shuffled) == by_speech(network, traced, 1, memo)


def test_less_is_heard_of_fewer_units(memo):
    network = checkpoint.open_network("phonemes-lstm-128")
    whole, few = (heard(network, "speech-3", 2, memo, units) for units in ((), (3, 4)))
    assert few.depth.units == (3, 4)
    assert few.correlation < whole.correlation - 0.1


def test_decoder_of_a_network_reads_no_other(memo):
    """States of shuffled weights say nothing to what was learnt on those of the trained ones."""
    network = checkpoint.open_network("phonemes-lstm-128")
    traced = states.traced(network, asset.open_bundled("speech-3"), memo)
    decoder = finish(decode.speech(network, 2, traced.trace.clip_id, memo)).decoder()
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
