"""Words are called where smoothed posteriors are sure of them, and counted against what was said and when."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from engine import dealing, spotting
from engine.clip import Label
from engine.ctc import Run
from engine.spotting import Counted


def said(start: float, end: float, text: str) -> Label:
    return Label(start, end, text, "keyword")


@given(some.integers(1, 12), some.integers(0, 30), some.integers(0, 2**16))
def test_smoothing_is_the_mean_of_a_frame_and_those_before_it(frames, count, seed):
    values = np.random.default_rng(seed).random((count, 3))
    found = spotting.smoothed(values, frames)
    for place in range(count):
        assert found[place] == pytest.approx(values[max(0, place - frames + 1) : place + 1].mean(axis=0))
    # What is yet to come changes nothing: it can run live.
    assert spotting.smoothed(values[: count // 2], frames) == pytest.approx(found[: count // 2])


def test_a_word_is_called_while_it_is_sure_and_once():
    values = np.full((40, 3), 0.1)
    values[5:8, 1] = 0.9
    values[9:11, 1] = 0.8
    values[15:17, 2] = 0.6
    values[30:33, 1] = 0.7
    assert spotting.spot(values, 0.5, apart=5) == (Run(1, 5, 11), Run(2, 15, 17), Run(1, 30, 33))
    assert spotting.spot(values, 0.65, apart=1) == (Run(1, 5, 8), Run(1, 9, 11), Run(1, 30, 33))
    assert spotting.spot(values, 0.95, apart=5) == ()
    assert spotting.spot(values[:0], 0.5, apart=5) == ()


@given(some.integers(0, 2**16))
def test_a_higher_threshold_never_finds_more_frames(seed):
    values = np.random.default_rng(seed).dirichlet(np.ones(4), 50)
    lower, higher = (spotting.spot(values, threshold, 1) for threshold in (0.3, 0.6))
    within = {frame for run in lower for frame in range(run.start, run.stop)}
    assert {frame for run in higher for frame in range(run.start, run.stop)} <= within


def test_what_is_called_in_time_is_right_once():
    truth = [said(1.0, 1.5, "yes"), said(3.0, 3.5, "no")]
    right = [said(1.2, 1.3, "yes"), said(3.6, 3.7, "no")]
    assert spotting.count(right, truth, 10.0) == Counted(2, 0, 0, 10.0)
    wrong = [said(1.2, 1.3, "no"), said(3.6, 3.7, "no"), said(3.7, 3.8, "no"), said(9.0, 9.1, "yes")]
    assert spotting.count(wrong, truth, 10.0) == Counted(2, 1, 3, 10.0)
    assert spotting.count([], [], 5.0) == Counted(0, 0, 0, 5.0)
    both = Counted(2, 1, 3, 10.0) + Counted(2, 0, 0, 26.0)
    assert (both.miss_rate, both.false_per_hour) == (0.25, 300.0)


def test_names_fall_where_the_lists_of_speech_commands_have_them():
    # Of testing_list.txt and validation_list.txt of version 0.02, and of neither.
    assert {dealing.split(f"{name}_nohash_0.wav") for name in ("bb05582b", "97f4c236", "0c40e715")} == {"test"}
    assert dealing.split("a69b9b3e_nohash_3.wav") == "valid"
    assert dealing.split("00176480_nohash_1.wav") == dealing.split("00176480_nohash_0.wav") == "train"
    splits = [dealing.split(f"{number:08x}_nohash_0.wav") for number in range(4000)]
    assert splits.count("valid") == pytest.approx(400, abs=60)
    assert splits.count("test") == pytest.approx(400, abs=60)
    assert {dealing.split(str(number), 0, 0) for number in range(50)} == {"train"}
