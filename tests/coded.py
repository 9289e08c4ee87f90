"""Speech of a kind that nobody has to guess: each word is a level, so that what was said is known for certain."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from engine.activity import HOP, RATE
from engine.recognisers.recogniser import Word

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float32]

LAST, GAP = 4000, 800
"""Samples of a word, and of the silence after it."""
LEVELS = 500


def say(words: Sequence[int], pause: Sequence[float] = ()) -> Array:
    """Sound [n] of words 0 to LEVELS - 1; after the n-th there are `pause[n]` seconds of silence more."""
    parts = [np.zeros(RATE // 2, np.float32)]
    for place, word in enumerate(words):
        parts.append(np.full(LAST, (word + 1) / 1000, np.float32))
        rest = round(pause[place] * RATE) if place < len(pause) else 0
        parts.append(np.zeros(GAP + rest, np.float32))
    return np.concatenate([*parts, np.zeros(RATE // 4, np.float32)])


def text(word: int) -> str:
    return f"w{word}"


class Ear:
    """Voice activity: there is speech where anything sounds; at least `hold` frames of it in a row."""

    def __init__(self, hold: int = 2) -> None:
        self._rest: Array = np.zeros(0, np.float32)
        self._hold, self._left = hold, 0

    def __call__(self, block: Array) -> Array:
        sound = np.concatenate([self._rest, block])
        count = len(sound) // HOP
        self._rest = sound[count * HOP :]
        found = np.zeros(count, np.float32)
        for n, loud in enumerate(np.abs(sound[: count * HOP].reshape(count, HOP)).max(axis=1, initial=0) > 0):
            self._left = self._hold if loud else self._left - 1
            found[n] = float(self._left > 0)
        return found


@dataclass
class Reader:
    """Reads the levels. A word that is cut off at an end is another word, and `slip` may change any but the last
    reading of a line: it stands for all that a recogniser thinks of while it does not know better.
    """

    rate: int = RATE
    name: str = "coded"
    slip: Callable[[list[Word], bool], list[Word]] = field(default=lambda words, cut: words)
    read_: list[float] = field(default_factory=list)

    def read(self, sound: Array) -> tuple[Word, ...]:
        self.read_.append(len(sound) / RATE)
        codes = np.rint(sound * 1000).astype(int)
        edges = np.r_[0, np.flatnonzero(np.diff(codes)) + 1, len(codes)]
        words = []
        for start, stop in itertools.pairwise(edges):
            if codes[start] > 0 and stop - start > LAST // 8:
                whole = stop - start > LAST * 0.8
                said = text(codes[start] - 1) if whole else f"half{codes[start] - 1}"
                words.append(Word(start / RATE, stop / RATE, said))
        cut = bool(len(codes) and codes[-1] > 0)
        return tuple(self.slip(words, cut))
