"""Connectionist temporal classification, decoded in NumPy (A. Graves and others, 2006). The blank is class 0."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

BLANK = 0


class Run(NamedTuple):
    """A class that was said from frame `start` up to but not including `stop`."""

    label: int
    start: int
    stop: int


def greedy(logits: NDArray[np.floating], shortest: int = 1) -> tuple[Run, ...]:
    """The likeliest class of each frame of logits [T, C]: repeats become one, blanks go.

    Runs of fewer than `shortest` frames are taken for blanks first.
    """
    if len(logits) == 0:
        return ()
    path = np.argmax(logits, axis=1)
    edges = np.r_[0, np.flatnonzero(np.diff(path)) + 1, len(path)]
    runs = (Run(int(path[start]), int(start), int(stop)) for start, stop in itertools.pairwise(edges))
    return tuple(run for run in runs if run.label != BLANK and run.stop - run.start >= shortest)


def revised(runs: Sequence[Run], probabilities: NDArray[np.floating], gap: float) -> tuple[Run, ...]:
    """Runs of which no two begin within `gap` frames: of two that do, the one said with more certainty is left.

    Nobody says two labels so close; the network has changed its mind. Certainty is the sum over a run's frames of
    its label's probability in [T, C].
    """
    kept: list[tuple[Run, float]] = []
    for run in runs:
        certainty = float(probabilities[run.start : run.stop, run.label].sum())
        if kept and run.start - kept[-1][0].start < gap:
            if certainty >= kept[-1][1]:
                kept[-1] = run, certainty
        else:
            kept.append((run, certainty))
    return tuple(run for run, _ in kept)
