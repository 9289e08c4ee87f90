"""Following a reader through a script: the cheapest way from what is written to what was said, word by word."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

import numpy as np

from engine import joined, normaliser
from engine.marking import Marking

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from engine.marking import Step
    from engine.script import Reading, Script

    Row = NDArray[np.int32]

LEAP = 5
"""What it costs to go on elsewhere in the script: more than so many words in a row were left out on purpose."""
ROWS = 256
"""Words that were said last whose places may still be found to be others."""


class Follower:
    """`add` what was said, in order; `reading` is the cheapest way from the script to it so far.

    An edit distance, but for two things: the end of the script is free, and from any word to any other there is a
    leap at the price LEAP, so that a paragraph left out, or read twice, moves the place and counts no errors.
    Row i holds what it costs that the first i words said end before word j of the script. Rows beyond the last
    ROWS to 2 ROWS are settled, which bounds time and memory.
    """

    def __init__(self, script: Script, name: str = normaliser.DEFAULT) -> None:
        self.script, self.name = script, name
        tokens, owner = zip(*joined.owned(script.words, name), strict=True)
        self._marking = Marking(script, name, owner)
        self._names = {token: number for number, token in enumerate(dict.fromkeys(tokens))}
        self._tokens = np.array([self._names[token] for token in tokens], np.int64)
        self._places = np.arange(len(tokens) + 1, dtype=np.int32)
        self._origin = 0
        self._rows: list[Row] = [self._first(0)]
        self._ats = [0]
        """Of each row where the reader stands."""
        self._said: list[str] = []
        self._last: list[str] = []
        """Words that may be told by what comes behind them, and what tells those."""

    def add(self, words: Iterable[str]) -> None:
        """Words that were said after those before."""
        for word in words:
            last = [*self._last, word]
            before, told = joined.words(self._last, self.name), joined.words(last, self.name)
            same = len([*takewhile(lambda pair: pair[0] == pair[1], zip(before, told, strict=False))])
            self._back(len(before) - same)
            for token in told[same:]:
                self._step(token)
            self._last = last[-2 * joined.REACH :]

    @property
    def place(self) -> int:
        """How many words of the script, as normalised, lie before the reader."""
        return self._at

    @property
    def cost(self) -> int:
        """What the cheapest way costs since the last settled word."""
        return int(self._rows[-1].min())

    def reading(self) -> Reading:
        return self._marking.reading(self._at, self._path())

    @property
    def _at(self) -> int:
        return self._ats[-1]

    def _back(self, count: int) -> None:
        """The last words were said otherwise: "a" is "one" where "half" comes behind it."""
        stay = max(0, len(self._said) - count)
        del self._said[stay:], self._rows[stay + 1 :], self._ats[stay + 1 :]

    def _first(self, origin: int) -> Row:
        ahead = self._places - np.int32(origin)
        return np.where(ahead < 0, LEAP, np.minimum(ahead, LEAP)).astype(np.int32)

    def _step(self, token: str) -> None:
        before, number = self._rows[-1], self._names.get(token, -1)
        row = before + np.int32(1)
        np.minimum(row[1:], before[:-1] + (self._tokens != number), out=row[1:])
        row = np.minimum.accumulate(row - self._places) + self._places
        row = np.minimum(row, row.min() + np.int32(LEAP))
        self._rows.append(row)
        self._said.append(token)
        cheapest = np.flatnonzero(row == row.min())
        self._ats.append(int(cheapest[np.abs(cheapest - (self._at + 1)).argmin()]))
        if len(self._said) >= 2 * ROWS:
            self._settle()

    def _settle(self) -> None:
        """What the older half of the rows has found stands from now on."""
        path, said = self._path(), 0
        for end, (kind, place, _) in enumerate(path, 1):
            said += kind in ("equal", "substitute", "insert")
            if said == ROWS:
                self._marking.settle(path[:end])
                self._origin = place if kind == "insert" else place + 1
                break
        waiting, ats = self._said[ROWS:], self._ats[ROWS:]
        self._said, self._rows = [], [self._first(self._origin)]
        for token in waiting:
            self._step(token)
        self._ats = ats

    def _path(self) -> list[Step]:
        """The steps in order."""
        steps: list[Step] = []
        i, j = len(self._said), self._at
        while i:
            row, before, token = self._rows[i], self._rows[i - 1], self._said[i - 1]
            same = j > 0 and self._tokens[j - 1] == self._names.get(token, -1)
            if j > 0 and row[j] == before[j - 1] + (not same):
                i, j = i - 1, j - 1
                steps.append(("equal" if same else "substitute", j, token))
            elif row[j] == before[j] + 1:
                i -= 1
                steps.append(("insert", j, token))
            elif j > 0 and row[j] == row[j - 1] + 1:
                j -= 1
                steps.append(("delete", j, ""))
            else:
                j = self._leapt(row, j)
        if j > self._origin and self._rows[0][j] == j - self._origin:
            steps += [("delete", place, "") for place in range(j - 1, self._origin - 1, -1)]
        return steps[::-1]

    def _leapt(self, row: Row, j: int) -> int:
        """From where one leapt to before word j: the nearest of the cheapest places."""
        cheapest = np.flatnonzero(row == row[j] - LEAP)
        return int(cheapest[np.abs(cheapest - j).argmin()])
