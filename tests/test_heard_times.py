"""Words of recognisers lie where the network names them, and are as sure as it is; also behind a first stretch."""

from __future__ import annotations

import numpy as np
import pytest
import soxr

from engine import asset, build, checkpoint, evaluate, recognising
from engine.recognisers import moonshine

RATE = 16_000


def clip(name: str) -> np.ndarray:
    found = asset.open_bundled(name)
    return np.asarray(soxr.resample(found.read().mean(axis=1), found.rate, RATE), np.float32)


@pytest.mark.parametrize(("name", "network"), [("digits", "digits-lstm-128"), ("speech", "speech")])
def test_times_and_confidences_are_those_of_the_network(name: str, network: str) -> None:
    """Against the way by which `eval` reads, and the softmax written out."""
    sound, known = clip("digits" if name == "digits" else "speech-2"), checkpoint.open_network(network)
    task, module = build.task_of(known), build.build(known)
    frames = evaluate.features(known, sound)
    (wanted,) = evaluate.labels(task, module, [frames])
    (logits,) = evaluate.outputs(module, [frames])
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    step = module.stride * 0.01
    words = recognising.build(name).read(sound)
    assert len(words) > 4
    assert [each.text for each in words] == [each.text for each in wanted]
    assert [each.start for each in words] == pytest.approx([each.start for each in wanted])
    assert [each.stop for each in words] == pytest.approx([each.end for each in wanted])
    for word in words:
        said = chances[round(word.start / step) : round(word.stop / step)]
        sure = said[:, known.vocabulary.index(word.text)].max() if name == "digits" else said.max(axis=1).mean()
        assert word.confidence == pytest.approx(float(sure), abs=1e-4)
    assert len({round(word.confidence or 0, 3) for word in words}) > 2


@pytest.mark.parametrize("name", ["digits", "moonshine"])
def test_what_is_said_late_in_a_long_sound_has_late_times(name: str) -> None:
    """Longer than what is read at once."""
    if name == "moonshine" and not moonshine.names():
        pytest.skip("moonshine-voice has no wheel here")
    once = np.concatenate([clip("digits" if name == "digits" else "speech-1"), np.zeros(RATE, np.float32)])
    count = int((35 if name == "digits" else 22) * RATE / len(once)) + 1
    words = recognising.build(name).read(np.tile(once, count))
    times = [time for word in words for time in (word.start, word.stop)]
    assert times == sorted(times)
    seconds = len(once) / RATE
    last = [word for word in words if word.start > (count - 1) * seconds]
    assert len(last) == pytest.approx(len(words) / count, abs=2)
    assert words[-1].stop == pytest.approx(count * seconds - 1, abs=0.6)
