"""Phrases: a clip that is too long is cut where a pause in its sound and a mark in its text agree.

Where each word lies is not known, only about: words take their share of what is loud (engine/spreading.py). So a
cut is made only where a single pause lies near the place at which a phrase should end, and from there on it is
counted anew. What lies between two cuts is one piece, with all of its phrases.

Of 54 pieces of spoken prompts Moonshine hears four otherwise because of a cut: by a word or two at an end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine import spreading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float32]

PAUSE = 0.2
"""Seconds without sound that can part two phrases."""
AROUND = 0.1
"""Seconds of silence that a piece keeps at its ends, where there are any."""
_NEAR, _SHARE = 0.15, 0.2
"""A phrase ends so many seconds of sound, and so much of its length, from where it should,"""
_ALONE = 2.0
"""and no other pause lies within so many times that."""


@dataclass(frozen=True)
class Piece:
    """From `start` to `stop` seconds of a clip the phrases from `first` to before `last` are said."""

    start: float
    stop: float
    first: int
    last: int


def cut(sound: Array, rate: int, phrases: Sequence[str], longest: float) -> tuple[Piece, ...]:
    """The pieces of sound [n], of `longest` seconds at most; phrases that fit into none are in none.

    Silence at both ends goes first: a clip that is short without it is one piece.
    """
    if not phrases or not len(sound):
        return ()
    loud = spreading.loud(sound, rate)
    found = np.flatnonzero(loud)
    pieces: list[Piece] = []
    begin, number, end_of_all = int(found[0]), 0, int(found[-1]) + 1
    for stop, after, last in (*_cuts(loud, phrases), (end_of_all, end_of_all, len(phrases))):
        start = max(0.0, begin * spreading.FRAME - AROUND)
        end = min(len(sound) / rate, stop * spreading.FRAME + AROUND)
        if pieces and end - pieces[-1].start <= longest:
            pieces[-1] = Piece(pieces[-1].start, end, pieces[-1].first, last)
        else:
            pieces.append(Piece(start, end, number, last))
        begin, number = after, last
    return tuple(each for each in pieces if each.stop - each.start <= longest)


def _cuts(loud: NDArray[np.bool_], phrases: Sequence[str]) -> list[tuple[int, int, int]]:
    """Each pause that parts two phrases: its first frame, the first after it, how many phrases are before it."""
    said = np.r_[0.0, np.cumsum(loud)] * spreading.FRAME
    lengths = [sum(map(spreading.length, phrase.split())) for phrase in phrases]
    pace = said[-1] / max(1e-9, sum(lengths))
    edges = np.flatnonzero(np.diff(loud.astype(np.int8))) + 1
    edges = edges if loud[0] else edges[1:]  # silence before the first sound is no pause
    runs = zip(edges[::2].tolist(), edges[1::2].tolist(), strict=False)
    pauses = [(start, stop) for start, stop in runs if (stop - start) * spreading.FRAME >= PAUSE]
    found: list[tuple[int, int, int]] = []
    anchor = wanted = 0.0
    for number, length in enumerate(lengths[:-1], 1):
        wanted += pace * length
        near = _NEAR + _SHARE * wanted
        apart = {each: abs(float(said[each[0]]) - anchor - wanted) for each in pauses if said[each[0]] > anchor}
        sure = [each for each, far in apart.items() if far <= _ALONE * near]
        if len(sure) == 1 and apart[sure[0]] <= near:
            stop, after = sure[0]
            found.append((stop, after, number))
            anchor, wanted = float(said[stop]), 0.0
    return found
