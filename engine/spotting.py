"""Keyword spotting: from what a network says of each frame to words that were called, and how often that is wrong.

Posteriors are smoothed over the last frames, and a word is called where its own reaches a threshold. Class 0 is
none. Source: Chen, Parada and Heigold, "Small-footprint keyword spotting using deep neural networks", 2014.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.ctc import Run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engine.clip import Label

    Array = NDArray[np.floating]

SMOOTH = 0.15
"""Seconds over which posteriors are smoothed, unless told otherwise."""
APART = 0.5
"""Seconds within which a word that is called again is the same word."""
EARLY, LATE = 0.1, 0.5
"""Seconds before a word begins and after its end in which calling it is right."""


@dataclass(frozen=True)
class Counted:
    """Of words that were said: how many, and missed. Of what was called: falsely, in how many seconds of sound."""

    said: int = 0
    missed: int = 0
    false: int = 0
    seconds: float = 0.0

    def __add__(self, other: Counted) -> Counted:
        return Counted(
            self.said + other.said,
            self.missed + other.missed,
            self.false + other.false,
            self.seconds + other.seconds,
        )

    @property
    def miss_rate(self) -> float:
        """Missed words over words said; 0 where none was."""
        return self.missed / max(1, self.said)

    @property
    def false_per_hour(self) -> float:
        return 3600 * self.false / max(self.seconds, 1e-9)


def smoothed(values: Array, frames: int) -> NDArray[np.float64]:
    """The mean [T, C] of each frame and those before it, `frames` in all; of fewer at the beginning."""
    sums = np.cumsum(np.asarray(values, np.float64), axis=0)
    counts = np.minimum(np.arange(1, len(sums) + 1), frames)[:, None]
    sums[frames:] -= sums[:-frames].copy()
    return sums / counts


def spot(values: Array, threshold: float, apart: int) -> tuple[Run, ...]:
    """Words that are called, from smoothed posteriors [T, C]: each while it is sure and likeliest.

    A word that is called again within `apart` frames of its last is the same one.
    """
    if not len(values):
        return ()
    likeliest = values[:, 1:].argmax(axis=1) + 1
    sure = values[np.arange(len(values)), likeliest] >= threshold
    called = np.where(sure, likeliest, 0)
    edges = np.r_[0, np.flatnonzero(np.diff(called)) + 1, len(called)]
    found: list[Run] = []
    for start, stop in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        label = int(called[start])
        same = next((k for k in reversed(range(len(found))) if found[k].label == label), None)
        if label and same is not None and start - found[same].stop < apart:
            found[same] = found[same]._replace(stop=stop)
        elif label:
            found.append(Run(label, start, stop))
    return tuple(found)


def count(found: Sequence[Label], truth: Sequence[Label], seconds: float) -> Counted:
    """What is missed and falsely called in a clip. Each word that was said may be called once, in its time."""
    free = list(truth)
    false = 0
    for each in found:
        fits = (
            label
            for label in free
            if label.text == each.text and label.start - EARLY <= each.start <= label.end + LATE
        )
        said = next(fits, None)
        if said is None:
            false += 1
        else:
            free.remove(said)
    return Counted(len(truth), len(free), false, seconds)
