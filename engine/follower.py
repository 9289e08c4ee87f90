"""Following a reader through a script: the cheapest way from what is written to what was said, word by word."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, get_args

import numpy as np

from engine import normaliser
from engine.script import Mark, Reading

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from engine.script import Script

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
        cut = [normaliser.words(word, name) for word in script.words]
        self._owner = [place for place, words in enumerate(cut) for _ in words]
        tokens = [token for words in cut for token in words]
        self._names = {token: number for number, token in enumerate(dict.fromkeys(tokens))}
        self._tokens = np.array([self._names[token] for token in tokens], np.int64)
        self._places = np.arange(len(tokens) + 1, dtype=np.int32)
        self._origin = self._at = 0
        self._rows: list[Row] = [self._first(0)]
        self._said: list[str] = []
        self._settled: list[tuple[str, int, str]] = []
        self._count = 0

    def add(self, words: Iterable[str]) -> None:
        """Words that were said after those before."""
        for word in words:
            for token in normaliser.words(word, self.name):
                self._step(token)

    @property
    def place(self) -> int:
        """How many words of the script, as normalised, lie before the reader."""
        return self._at

    @property
    def cost(self) -> int:
        """What the cheapest way costs since the last settled word."""
        return int(self._rows[-1].min())

    def reading(self) -> Reading:
        return _told(self.script, self.name, self._owner, self._at, [*self._settled, *self._path()])

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
        self._at = int(cheapest[np.abs(cheapest - (self._at + 1)).argmin()])
        if len(self._said) >= 2 * ROWS:
            self._settle()

    def _settle(self) -> None:
        """What the older half of the rows has found stands from now on."""
        path, said = self._path(), 0
        for end, (kind, place, _) in enumerate(path, 1):
            said += kind in ("equal", "substitute", "insert")
            if said == ROWS:
                self._settled += path[:end]
                self._origin = place if kind == "insert" else place + 1
                break
        waiting, at = self._said[ROWS:], self._at
        self._said, self._rows = [], [self._first(self._origin)]
        for token in waiting:
            self._step(token)
        self._at = at

    def _path(self) -> list[tuple[str, int, str]]:
        """(kind, word of the script, what was said) of each step in order; of an insertion the word after it."""
        steps: list[tuple[str, int, str]] = []
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


def _told(script: Script, name: str, owner: list[int], at: int, steps: list[tuple[str, int, str]]) -> Reading:
    """Steps on normalised words as marks of the words that are written."""
    total = len(script.words)
    kinds: dict[int, set[str]] = {}
    instead: dict[int, list[str]] = {}
    added: dict[int, list[str]] = {}
    counts = dict.fromkeys(("equal", "substitute", "delete", "insert"), 0)
    for kind, place, token in steps:
        counts[kind] += 1
        word = owner[place] if place < len(owner) else total
        if kind == "insert":
            added.setdefault(word, []).append(token)
            continue
        if place == 0 or owner[place - 1] != word or word not in kinds:  # read again, it counts as it is read now
            kinds[word], instead[word] = set(), []
        kinds[word].add(kind)
        instead[word].append(token)
    position = owner[at] if at < len(owner) else total
    marks: list[Mark] = ["left" if place < position else "" for place in range(total)]
    for word, found in kinds.items():
        alone = found if len(found) == 1 else {"substitute"}
        marks[word] = next(mark for mark in get_args(Mark) if mark in alone)
    heard = {word: " ".join(filter(None, said)) for word, said in instead.items() if marks[word] == "substitute"}
    _silent(script, owner, marks)
    return Reading(
        script, tuple(marks), MappingProxyType(heard),
        MappingProxyType({word: " ".join(said) for word, said in added.items()}), position,
        counts["substitute"], counts["delete"], counts["insert"],
        counts["equal"] + counts["substitute"] + counts["delete"], name,
    )  # fmt: skip


def _silent(script: Script, owner: list[int], marks: list[Mark]) -> None:
    """What has no sound, as a dash that stands alone, goes with the word before it."""
    spoken = set(owner)
    for place in range(len(marks)):
        if place not in spoken:
            before = marks[place - 1] if place else ""
            marks[place] = before if before in ("", "left") else "equal"
