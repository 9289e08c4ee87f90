"""Notes: how pitches are called, which of those found are true, and notes from what is likely at each frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engine.clip import Label

TIER = "note"
WITHIN = 0.05
"""Seconds that a found note may begin before or after a true one."""
_STEPS = ("C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B")


def name(pitch: int) -> str:
    """60 -> `C4`, 61 -> `C♯4`."""
    return f"{_STEPS[pitch % 12]}{pitch // 12 - 1}"


def matches(found: Sequence[Label], truth: Sequence[Label]) -> list[tuple[int, int]]:
    """Pairs (found, true) of one pitch whose onsets are at most WITHIN apart, by their places; each in one pair.

    There are as many as there can be: with one tolerance for all, taking them in order of time loses none.
    """
    pairs = []
    for text in {each.text for each in truth}:
        mine, theirs = ([k for k, each in enumerate(notes) if each.text == text] for notes in (found, truth))
        mine.sort(key=lambda k: found[k].start)
        theirs.sort(key=lambda k: truth[k].start)
        i = j = 0
        while i < len(mine) and j < len(theirs):
            late = found[mine[i]].start - truth[theirs[j]].start
            if abs(late) <= WITHIN:
                pairs.append((mine[i], theirs[j]))
            i, j = i + (late <= WITHIN), j + (late >= -WITHIN)
    return sorted(pairs)


def miscounted(found: Sequence[Label], truth: Sequence[Label]) -> tuple[int, int]:
    """Notes too many and notes missed, and all notes of both sides; over any clips their ratio is 1 - F1.

    F1 = 2 right / (found + true), the harmonic mean of precision and recall.
    """
    both = len(found) + len(truth)
    return both - 2 * len(matches(found, truth)), both


def played(active: NDArray[np.bool_], least: int, gap: int) -> list[tuple[int, int, int]]:
    """Runs (start, stop, row) of frames [T, P] in which a pitch is active, by their starts.

    Gaps shorter than `gap` frames are closed, then runs shorter than `least` left out.
    """
    found = []
    for row in np.flatnonzero(active.any(axis=0)).tolist():
        edges = np.flatnonzero(np.diff(np.r_[False, active[:, row], False])).reshape(-1, 2)
        apart = edges[1:, 0] - edges[:-1, 1] >= gap
        starts, stops = edges[np.r_[True, apart], 0], edges[np.r_[apart, True], 1]
        found += [(int(a), int(b), row) for a, b in zip(starts, stops, strict=True) if b - a >= least]
    return sorted(found)


def framed(notes: Sequence[Label], times: NDArray[np.float64], names: Sequence[str]) -> NDArray[np.int64]:
    """1 where a note sounds, [T, P], at each of the times [T]; notes of other names are left out."""
    out, rows = np.zeros((len(times), len(names)), np.int64), {each: row for row, each in enumerate(names)}
    for note in notes:
        if note.text in rows:
            out[(times >= note.start) & (times < note.end), rows[note.text]] = 1
    return out
