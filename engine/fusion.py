"""An n-gram model beside a network: what it says of each of the network's labels, as a beam asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.ngram import BEGIN, END, SPACE, SPECIAL, UNKNOWN, Ngram, NgramError
from engine.spacing import Spacing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engine.beam import Language

    Floats = NDArray[np.float64]
    Context = tuple[int, ...]

_KEPT = 50_000
"""States of which what was found is remembered, at the most."""


def fuse(model: Ngram, vocabulary: Sequence[str]) -> Language:
    """A model that reads the labels of a network. Raises NgramError where the two do not fit."""
    spacing = Spacing(vocabulary)
    if model.unit == "word":
        return _Whole(model, spacing) if spacing.whole else _Spelled(model, spacing)
    long = [text for text in spacing.texts if len(text) > 1]
    if long:
        raise NgramError(
            f"a model of characters cannot score labels as {long[0]!r}; take one of words for this network"
        )
    return _Characters(model, spacing)


class _Characters:
    """A state is the characters before, as many as count."""

    def __init__(self, model: Ngram, spacing: Spacing) -> None:
        self.model = model
        texts = [
            SPACE if divides else text.lower()
            for text, divides in zip(spacing.texts, spacing.divides, strict=True)
        ]
        self._ids = np.array([model.ids.get(text, UNKNOWN) for text in texts])
        self._rows: dict[Context, Floats] = {}

    def start(self) -> Context:
        return _shortened((BEGIN,), self.model)

    def scores(self, state: Context) -> Floats:
        found = self._rows.get(state)
        if found is None:
            if len(self._rows) > _KEPT:
                self._rows.clear()
            found = self._rows[state] = self.model.row(state)[self._ids]
            found[0] = 0.0
        return found

    def follow(self, state: Context, label: int) -> Context:
        return _shortened((*state, int(self._ids[label])), self.model)

    def part(self, state: Context) -> Context:
        space = self.model.ids.get(SPACE, UNKNOWN)
        return state if state[-1:] in ((BEGIN,), (space,), ()) else _shortened((*state, space), self.model)

    def end(self, state: Context) -> float:
        return self.model.log_prob(END, state)


class _Whole:
    """Every label is a word. A state is the words before, as many as count."""

    def __init__(self, model: Ngram, spacing: Spacing) -> None:
        self.model, self._spacing = model, spacing
        self._ids = np.array([model.ids.get(text.lower(), UNKNOWN) for text in spacing.texts])
        spelled = [model.spell(text) for text in spacing.texts]
        self._spelled = np.where(self._ids == UNKNOWN, spelled, 0.0)
        self._rows: dict[Context, Floats] = {}

    def start(self) -> Context:
        return _shortened((BEGIN,), self.model)

    def scores(self, state: Context) -> Floats:
        found = self._rows.get(state)
        if found is None:
            if len(self._rows) * len(self._ids) > 30 * _KEPT:
                self._rows.clear()
            found = self._rows[state] = self.model.row(state)[self._ids] + self._spelled
            found[self._spacing.divides] = 0.0
            found[0] = 0.0
        return found

    def follow(self, state: Context, label: int) -> Context:
        if self._spacing.divides[label]:
            return state
        return _shortened((*state, int(self._ids[label])), self.model)

    def part(self, state: Context) -> Context:
        return state

    def end(self, state: Context) -> float:
        return self.model.log_prob(END, state)


class _Spelled:
    """Labels spell words. A state is the words before and the letters since.

    A word is scored when it ends. Until then its letters are charged what the likeliest word that begins with them
    costs by itself, which the end gives back: else a beam of few texts would rather never end a word.
    """

    def __init__(self, model: Ngram, spacing: Spacing) -> None:
        self.model, self._spacing = model, spacing
        self._ends = spacing.divides | spacing.begins
        self._texts = [text.lower() for text in spacing.texts]
        self._known: dict[tuple[Context, str], float] = {}
        self._rows: dict[str, tuple[Floats, Floats]] = {}
        self._best: dict[str, float] = {"": 0.0}
        for word, number in model.ids.items():
            if word not in SPECIAL:
                alone = model.log_prob(number, ())
                for stop in range(1, len(word) + 1):
                    self._best[word[:stop]] = max(alone, self._best.get(word[:stop], -np.inf))
        self._unknown = model.log_prob(UNKNOWN, ())

    def start(self) -> tuple[Context, str]:
        return _shortened((BEGIN,), self.model), ""

    def scores(self, state: tuple[Context, str]) -> Floats:
        word = state[1]
        further, anew = self._letters(word)
        if not word:
            return np.where(self._ends, anew, further)
        return np.where(self._ends, self._word(state) - self._ahead(word) + anew, further)

    def follow(self, state: tuple[Context, str], label: int) -> tuple[Context, str]:
        context, word = self.part(state) if self._ends[label] else state
        return context, word + self._texts[label]

    def part(self, state: tuple[Context, str]) -> tuple[Context, str]:
        context, word = state
        return (_shortened((*context, self.model.ids.get(word, UNKNOWN)), self.model) if word else context), ""

    def end(self, state: tuple[Context, str]) -> float:
        context, word = state
        if not word:
            return self.model.log_prob(END, context)
        ended = self._word(state) - self._ahead(word)
        return ended + self.model.log_prob(END, (*context, self.model.ids.get(word, UNKNOWN)))

    def _word(self, state: tuple[Context, str]) -> float:
        found = self._known.get(state)
        if found is None:
            if len(self._known) > _KEPT:
                self._known.clear()
            context, word = state
            known = self.model.ids.get(word, UNKNOWN)
            found = self.model.log_prob(known, context) + (self.model.spell(word) if known == UNKNOWN else 0.0)
            self._known[state] = found
        return found

    def _ahead(self, letters: str) -> float:
        """log p of the likeliest word that begins so, whatever was before."""
        found = self._best.get(letters)
        return found if found is not None else self._unknown + self.model.spell(letters)

    def _letters(self, word: str) -> tuple[Floats, Floats]:
        """What each label is charged as a further part of a word, and as the beginning of one."""
        found = self._rows.get(word)
        if found is None:
            if len(self._rows) > _KEPT:
                self._rows.clear()
            now = self._ahead(word)
            further = np.array([self._ahead(word + text) - now for text in self._texts])
            anew = np.array([self._ahead(text) for text in self._texts])
            further[0] = anew[0] = 0.0
            found = self._rows[word] = further, anew
        return found


def _shortened(context: Context, model: Ngram) -> Context:
    """What counts of a context."""
    return context[max(0, len(context) - model.order + 1) :]
