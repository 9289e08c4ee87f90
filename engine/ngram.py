"""N-gram language models of characters or words: a trie of log probabilities with weights for backing off.

p(w | h) is that of the longest suffix of h that was seen before w, times the backoff weights of the longer ones
(S. Katz, 1987); every model that is written so in an ARPA file can be held. Logarithms are natural.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

UNKNOWN, BEGIN, END = 0, 1, 2
SPECIAL = ("<unk>", "<s>", "</s>")
UNITS = ("char", "word")
SPACE = "|"
"""How a model of characters writes the space between words."""
NEVER = -99.0 * math.log(10.0)
"""The logarithm of a probability of zero, as ARPA files write it."""


class NgramError(ValueError):
    """A text or a file that no language model can be made of; the message says why."""


@dataclass(frozen=True, eq=False)
class Level:
    """All n-grams of one length, N of them, sorted by their words.

    `parents` [N] are the places of their first n - 1 words in the level below, `words` [N] their last ones;
    `first` [M + 1] tells, for each of the M n-grams of the level below, where those that go on from it begin.
    """

    parents: Ints
    words: Ints
    first: Ints
    logs: Floats
    backoffs: Floats

    def __len__(self) -> int:
        return len(self.words)


@dataclass(frozen=True)
class Perplexity:
    """How well a model foretells a text: `log_prob` is of all its sentences, each with its end.

    Characters count the spaces between words. Perplexities count each sentence's end as one word or character
    more, so that those of characters can be compared with those of words: both are of the same strings.
    """

    log_prob: float
    sentences: int
    words: int
    characters: int
    unknown: int

    @property
    def per_word(self) -> float:
        return _exp(-self.log_prob / max(1, self.words + self.sentences))

    @property
    def per_character(self) -> float:
        return _exp(-self.log_prob / max(1, self.characters + self.sentences))

    @property
    def bits(self) -> float:
        """Bits a character."""
        return -self.log_prob / max(1, self.characters + self.sentences) / math.log(2)


class Ngram:
    """A model of `unit` (char or word) with its `words`, of which the first three are unknown, begin and end."""

    def __init__(self, unit: str, words: Sequence[str], levels: Sequence[Level]) -> None:
        self.unit, self.words, self.levels = unit, tuple(words), tuple(levels)
        self.ids = {word: place for place, word in enumerate(self.words)}
        self.letters = len(set("".join(self.words[len(SPECIAL) :])))
        """How many different characters its words are spelled with."""
        self._find = functools.lru_cache(1 << 17)(self._search)

    @property
    def order(self) -> int:
        return len(self.levels)

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many n-grams it has of each length."""
        return tuple(len(level) for level in self.levels)

    def split(self, text: str) -> tuple[str, ...]:
        """A sentence as the units of this model."""
        return split(text, self.unit)

    def encode(self, units: Iterable[str]) -> tuple[int, ...]:
        return tuple(self.ids.get(each, UNKNOWN) for each in units)

    def log_prob(self, word: int, context: Sequence[int]) -> float:
        """log p(word | context), of which the last `order` - 1 words count."""
        kept, weight = tuple(context[max(0, len(context) - self.order + 1) :]), 0.0
        while True:
            found = self._find((*kept, word))
            if found >= 0:
                return weight + float(self.levels[len(kept)].logs[found])
            if not kept:
                return weight + NEVER
            above = self._find(kept)
            if above >= 0:
                weight += float(self.levels[len(kept) - 1].backoffs[above])
            kept = kept[1:]

    def row(self, context: Sequence[int]) -> Floats:
        """log p [V] of every word after a context. For models of few words: it is as long as their vocabulary."""
        logs = self.levels[0].logs.copy()
        for length in range(1, min(len(context), self.order - 1) + 1):
            node = self._find(tuple(context[len(context) - length :]))
            if node < 0:
                continue
            level = self.levels[length]
            low, high = level.first[node], level.first[node + 1]
            logs += self.levels[length - 1].backoffs[node]
            logs[level.words[low:high]] = level.logs[low:high]
        return logs

    def spell(self, word: str) -> float:
        """log p of the letters of a word that is unknown: each, and the end, as likely as any other.

        So a model of words gives every string a probability, and can be compared with one of characters.
        """
        return -(len(word) + 1) * math.log(self.letters + 1) if self.unit == "word" else 0.0

    def sentence(self, text: str) -> float:
        """log p of a sentence and of its end."""
        context, total = [BEGIN], 0.0
        for each in self.split(text):
            word = self.ids.get(each, UNKNOWN)
            total += self.log_prob(word, context) + (self.spell(each) if word == UNKNOWN else 0.0)
            context.append(word)
        return total + self.log_prob(END, context)

    def perplexity(self, sentences: Iterable[str]) -> Perplexity:
        """How well it foretells sentences; empty ones are left out. Raises NgramError where there is none."""
        log_prob, counts = 0.0, np.zeros(4, np.int64)
        for text in sentences:
            plain = split(text, "word")
            if plain:
                units = self.split(text)
                unknown = sum(each not in self.ids for each in units)
                log_prob += self.sentence(text)
                counts += (1, len(plain), len(" ".join(plain)), unknown)
        if not counts[0]:
            raise NgramError("there is no sentence in the text")
        return Perplexity(log_prob, *counts.tolist())

    def sample(self, rng: np.random.Generator, begin: str = "", longest: int = 400) -> str:
        """A sentence drawn from the model, after the words or characters that it is to begin with."""
        units = list(self.split(begin))
        if self.unit == "char" and begin.endswith(" ") and units:
            units.append(SPACE)
        context = [BEGIN, *self.encode(units)]
        for _ in range(longest):
            chances = np.exp(self.row(context))
            chances[[UNKNOWN, BEGIN]] = 0.0
            word = int(rng.choice(len(chances), p=chances / chances.sum()))
            if word == END:
                break
            units.append(self.words[word])
            context.append(word)
        return " ".join(units) if self.unit == "word" else "".join(units).replace(SPACE, " ")

    def _search(self, path: tuple[int, ...]) -> int:
        """The place of an n-gram in its level; -1 where it is not there."""
        node = path[0]
        for level, word in zip(self.levels[1:], path[1:], strict=False):
            low, high = int(level.first[node]), int(level.first[node + 1])
            place = low + int(np.searchsorted(level.words[low:high], word))
            if place == high or level.words[place] != word:
                return -1
            node = place
        return node


def split(text: str, unit: str) -> tuple[str, ...]:
    """A sentence as words, or as characters with SPACE between words. Marks of its begin and end are no words."""
    words = [word for word in text.split() if word.lower() not in SPECIAL[1:]]
    return tuple(words) if unit == "word" else tuple(SPACE.join(words))


def first(parents: Ints, above: int) -> Ints:
    """Where the n-grams that go on from each of `above` shorter ones begin, of the sorted `parents`."""
    return np.searchsorted(parents, np.arange(above + 1))


def suffixes(levels: Sequence[Level]) -> list[Ints]:
    """For each n-gram of each level, the place of it without its first word one level below; -1 where none is.

    Of the first level all are 0.
    """
    found = [np.zeros(len(levels[0]), np.int64)]
    for depth, level in enumerate(levels[1:], 1):
        if depth == 1:
            found.append(level.words.copy())
            continue
        below, count = levels[depth - 1], len(levels[0])
        keys = below.parents * count + below.words
        above = found[depth - 1][level.parents]
        wanted = above * count + level.words
        places = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        found.append(np.where((above >= 0) & (keys[places] == wanted), places, -1))
    return found


def _exp(value: float) -> float:
    return math.exp(value) if value < 700 else math.inf
