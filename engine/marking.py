"""Marking: steps of a way through a script become marks of its words, at a price that does not grow with it."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, get_args

from engine.script import Mark, Reading

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engine.script import Script

    Step = tuple[str, int, str]
    """(kind, word of the script as normalised, what was said); of an insertion the word after it."""

KINDS = "equal", "substitute", "delete", "insert"


class Marking:
    """`settle` steps that stand; `reading` tells them with those that may still change, as fast after an hour."""

    def __init__(self, script: Script, name: str, owner: Sequence[int]) -> None:
        """`owner`: of each word as normalised by `name` the word of the script."""
        self._script, self._name, self._owner = script, name, owner
        spoken, self._total = set(owner), len(script.words)
        self._silent = [place for place in range(self._total) if place not in spoken]
        """What has no sound, as a dash that stands alone."""
        self._settled = _Tally()
        self._marks: list[Mark] = [""] * self._total
        self._position = 0
        self._instead: dict[int, str] = {}
        self._added: dict[int, str] = {}

    def settle(self, steps: Iterable[Step]) -> None:
        touched = self._put(self._settled, steps)
        self._tell(self._settled, touched, self._marks, self._instead, self._added)

    def reading(self, at: int, steps: Sequence[Step]) -> Reading:
        """As far as the word `at`, as normalised; `steps` come after those that are settled."""
        self._move(self._owner[at] if at < len(self._owner) else self._total)
        found = self._settled.part({self._word(place) for _, place, _ in steps})
        touched = self._put(found, steps)
        marks, instead, added = [*self._marks], {**self._instead}, {**self._added}
        self._tell(found, touched, marks, instead, added)
        for place in self._silent:  # they go with the word before them
            before = marks[place - 1] if place else ""
            marks[place] = before if before in ("", "left") else "equal"
        right, wrong, missing, much = (found.counts[kind] for kind in KINDS)
        return Reading(
            self._script, tuple(marks), MappingProxyType(instead), MappingProxyType(added),
            self._position, wrong, missing, much, right + wrong + missing, self._name,
        )  # fmt: skip

    def _word(self, place: int) -> int:
        return self._owner[place] if place < len(self._owner) else self._total

    def _move(self, position: int) -> None:
        """Words before the reader that nobody read are left out, those after are not read yet."""
        first, last = sorted((self._position, position))
        mark: Mark = "left" if position > self._position else ""
        for place in range(first, last):
            if place not in self._settled.kinds:
                self._marks[place] = mark
        self._position = position

    def _put(self, tally: _Tally, steps: Iterable[Step]) -> set[int]:
        """Count steps. Returns the words that they touch."""
        touched = set()
        for kind, place, token in steps:
            word = self._word(place)
            touched.add(word)
            tally.counts[kind] += 1
            if kind == "insert":
                tally.added.setdefault(word, []).append(token)
                continue
            if place == 0 or self._owner[place - 1] != word or word not in tally.kinds:
                tally.kinds[word], tally.instead[word] = set(), []  # read again, it counts as it is read now
            tally.kinds[word].add(kind)
            tally.instead[word].append(token)
        return touched

    def _tell(
        self,
        tally: _Tally,
        touched: Iterable[int],
        marks: list[Mark],
        instead: dict[int, str],
        added: dict[int, str],
    ) -> None:
        """What became of some words."""
        for word in touched:
            if word in tally.kinds:
                found = tally.kinds[word]
                alone = found if len(found) == 1 else {"substitute"}
                marks[word] = next(mark for mark in get_args(Mark) if mark in alone)
                instead.pop(word, None)
                if marks[word] == "substitute":
                    instead[word] = " ".join(filter(None, tally.instead[word]))
            if word in tally.added:
                added[word] = " ".join(tally.added[word])


class _Tally:
    """By word of the script the kinds of its steps, what was said instead, and what too much before it."""

    def __init__(self) -> None:
        self.kinds: dict[int, set[str]] = {}
        self.instead: dict[int, list[str]] = {}
        self.added: dict[int, list[str]] = {}
        self.counts = dict.fromkeys(KINDS, 0)

    def part(self, words: Iterable[int]) -> _Tally:
        """Of these words alone, to be counted further; with all counts."""
        found = _Tally()
        found.counts = {**self.counts}
        for word in words:
            if word in self.kinds:
                found.kinds[word], found.instead[word] = {*self.kinds[word]}, [*self.instead[word]]
            if word in self.added:
                found.added[word] = [*self.added[word]]
        return found
