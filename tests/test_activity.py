"""Speech and pauses: the network beside its makers' own program, and segments beside their definition."""

from __future__ import annotations

import itertools
import warnings
from importlib import import_module
from typing import Any

import numpy as np
import pytest
import soxr
from hypothesis import example, given, settings
from hypothesis import strategies as some

from engine import asset
from engine.activity import HOP, PAUSE, RATE, SPEECH, Activity
from engine.segmenter import Segmenter


@pytest.fixture(scope="module")
def sound() -> np.ndarray:
    """Seconds of silence around a sentence, for longer than the network is given at once."""
    clip = asset.open_bundled("speech-1")
    said = soxr.resample(clip.read()[:, 0], clip.rate, RATE).astype(np.float32)
    silence = np.zeros(RATE, np.float32)
    return np.tile(np.concatenate([silence, said, silence]), 4)


def test_it_says_what_the_program_of_its_makers_says(sound: np.ndarray) -> None:
    import torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs: Any = import_module("silero_vad").load_silero_vad(onnx=True)
    frames = sound[: len(sound) // HOP * HOP].reshape(-1, HOP)
    assert len(frames) > 512
    wanted = [float(theirs(torch.from_numpy(each.copy()), RATE)) for each in frames]
    found = Activity().push(sound)
    np.testing.assert_allclose(found, wanted, atol=1e-5)
    assert found[5 : RATE // HOP].max() < PAUSE
    assert np.median(found[RATE // HOP + 10 : 100]) > SPEECH


def test_any_blocks_give_what_one_block_gives(sound: np.ndarray) -> None:
    whole, made, rng = Activity().push(sound), Activity(), np.random.default_rng(0)
    for _ in range(2):
        parts, at = [], 0
        while at < len(sound):
            size = int(rng.choice([1, 100, 511, 512, 513, 5000, 200_000]))
            parts.append(made.push(sound[at : at + size]))
            at += size
        np.testing.assert_allclose(np.concatenate(parts), whole, atol=1e-6)
        made.reset()


@settings(max_examples=40, deadline=None)
@given(
    some.lists(some.tuples(some.integers(1, 12), some.integers(1, 40)), max_size=8),
    some.integers(0, 99),
    some.sampled_from([0.3, 0.6, 1.0]),
)
@example([(1, 10), (3, 1)], 0, 0.3)  # the soft beginning has a click in it
def test_segments_are_speech_between_pauses(runs: list[tuple[int, int]], seed: int, pause: float) -> None:
    """By hand: speech that is parted by less than a pause is one, and less than three frames of it are a click."""
    speech = np.array([each for loud, quiet in runs for each in [True] * loud + [False] * quiet], bool)
    rng = np.random.default_rng(seed)
    stream = rng.uniform(0.1, 0.9, len(speech) * HOP).astype(np.float32)
    given_ = itertools.count()
    segmenter = Segmenter(pause, lambda block: np.array([speech[next(given_)] for _ in range(len(block) // HOP)]))
    at = 0
    while at < len(stream):
        size = int(rng.integers(1, 3000))
        segmenter.push(stream[at : at + size])
        at += size
    segmenter.flush()
    groups: list[list[int]] = []
    for frame in np.flatnonzero(speech).tolist():
        if groups and (frame - groups[-1][-1] - 1) * HOP < pause * RATE:
            groups[-1].append(frame)
        else:
            groups.append([frame])
    kept = [group for group in groups if len(group) >= 3]
    assert [each.end for each in segmenter.segments] == [(group[-1] + 1) * HOP for group in kept]
    stops = [0]
    for each, group in zip(segmenter.segments, kept, strict=True):
        first = group[0] * HOP
        assert each.over
        assert first - 0.4 * RATE <= each.start <= first
        assert each.start >= stops[-1], "nothing is heard twice"
        assert first - each.start == min(first - stops[-1], 0.4 * RATE), "soft beginnings are heard"
        stops.append(each.end)
        found = each.sound()
        assert len(found) <= each.end - each.start + 0.3 * RATE
        assert len(found) >= each.end - each.start
        np.testing.assert_array_equal(found, stream[each.start : each.start + len(found)])
