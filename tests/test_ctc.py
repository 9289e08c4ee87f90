"""Decoding of CTC against brute force over every path."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from engine import ctc
from tests.spelling import collapsed


@pytest.mark.parametrize("path", list(itertools.product(range(3), repeat=5)))
def test_greedy_is_the_collapse_of_the_path(path):
    logits = 5.0 * np.eye(3, dtype=np.float32)[list(path)]
    runs = ctc.greedy(logits)
    assert tuple(run.label for run in runs) == collapsed(path)
    for run in runs:
        assert set(path[run.start : run.stop]) == {run.label}
        assert run.start == 0 or path[run.start - 1] != run.label
        assert run.stop == len(path) or path[run.stop] != run.label


def test_runs_that_are_too_short_are_blank():
    logits = np.eye(3, dtype=np.float32)[[0, 1, 0, 2, 2, 0]]
    assert ctc.greedy(logits, shortest=2) == (ctc.Run(2, 3, 5),)
    assert ctc.greedy(np.zeros((0, 3), np.float32)) == ()


def test_of_two_runs_that_begin_too_close_the_surer_is_left():
    runs = (ctc.Run(1, 0, 2), ctc.Run(2, 2, 6), ctc.Run(1, 9, 10), ctc.Run(2, 20, 22))
    sure = np.full((22, 3), 0.5)
    assert ctc.revised(runs, sure, 5) == (runs[1], runs[2], runs[3])
    sure[0:2, 1] = 0.9
    assert ctc.revised(runs, sure, 5) == (runs[1], runs[2], runs[3])
    sure[0:2, 1] = 3.0
    assert ctc.revised(runs, sure, 5) == (runs[0], runs[2], runs[3])
    assert ctc.revised(runs, sure, 0) == runs
