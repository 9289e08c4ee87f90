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


def beam(log_probs: NDArray[np.floating], width: int = 8) -> tuple[int, ...]:
    """The likeliest label sequence of log_probs [T, C], found by prefix search with `width` prefixes.

    Unlike `greedy` it adds up every alignment of a sequence: p(l) = sum over paths that collapse to l.
    """
    # For each prefix, the log probability of ending in a blank and of ending in its last label.
    prefixes: dict[tuple[int, ...], tuple[float, float]] = {(): (0.0, -np.inf)}
    for frame in np.asarray(log_probs, np.float64):
        longer: dict[tuple[int, ...], tuple[float, float]] = {}
        for prefix, (blank, last) in prefixes.items():
            either = float(np.logaddexp(blank, last))
            _add(longer, prefix, either + frame[BLANK], -np.inf)
            if prefix:
                _add(longer, prefix, -np.inf, last + frame[prefix[-1]])
            for label in range(len(frame)):
                if label != BLANK:
                    # The same label again is a new one only after a blank.
                    before = blank if prefix and prefix[-1] == label else either
                    _add(longer, (*prefix, label), -np.inf, before + frame[label])
        best = sorted(longer.items(), key=lambda item: -np.logaddexp(*item[1]))
        prefixes = dict(best[:width])
    return next(iter(prefixes))


def _add(
    table: dict[tuple[int, ...], tuple[float, float]], prefix: tuple[int, ...], blank: float, last: float
) -> None:
    old = table.get(prefix, (-np.inf, -np.inf))
    table[prefix] = (float(np.logaddexp(old[0], blank)), float(np.logaddexp(old[1], last)))
