"""Units that a recogniser writes: characters, syllables or whole words, and the way from a text to them and back.

A vocabulary begins with the blank of CTC, written as an empty string. Characters part words by a unit of
their own, the space; syllables and words begin with a space where a word begins. So texts are the units, joined.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    Kind = Literal["char", "syllable", "word"]

BLANK = ""
LETTERS = (" ", "'", *"abcdefghijklmnopqrstuvwxyz")
UNKNOWN = "?"
"""What a word is written as that no vocabulary of whole words holds."""
KINDS = ("char", "syllable", "word")
TRAINED = 16
"""Bytes of a weight in training: itself, its gradient, and two moments of it."""

_VOWELS = re.compile(r"[aeiouy]+")
_TOGETHER = frozenset(
    "bl br ch cl cr dr fl fr gh gl gr kn ph pl pr qu sc sh sk sl sm sn sp st sw th tr tw wh wr ck".split()
)
"""Pairs of consonants that begin, or stand for one sound, and are not parted."""


@dataclass(frozen=True)
class Vocabulary:
    """The units of a head in order, blank first; `missing` counts words of transcripts that it cannot write."""

    kind: Kind
    units: tuple[str, ...]
    missing: int = 0
    among: int = 0

    def encode(self, text: str) -> list[int]:
        """The numbers of the units of a text of plain words; what is not in the vocabulary is left out."""
        known = {unit: number for number, unit in enumerate(self.units)}
        return [known[unit] for unit in self._parts(text) if unit in known]

    def decode(self, numbers: Iterable[int]) -> str:
        """The text of numbers of units, blanks and repeats already gone."""
        return "".join(self.units[number] for number in numbers).strip()

    def _parts(self, text: str) -> list[str]:
        found = parts(text, self.kind)
        return [each if each in self.units else f" {UNKNOWN}" for each in found] if self.kind == "word" else found


def parts(text: str, kind: Kind) -> list[str]:
    """The units of a text of plain words, in order; letters and their marks are composed (NFC)."""
    words = unicodedata.normalize("NFC", text).split()
    if kind == "char":
        return list(" ".join(words))
    if kind == "word":
        return [f" {word}" for word in words]
    return [f" {each}" if place == 0 else each for word in words for place, each in enumerate(syllables(word))]


def vocabulary(texts: Iterable[str], kind: Kind = "char", least: int = 1, characters: str = "") -> Vocabulary:
    """From transcripts: sorted, blank first. Syllables and words that occur less than `least` times are left out.

    Without transcripts, characters are the 28 of LETTERS, which plain texts are written in; with `characters`,
    those and the space. Raises ValueError for another kind.
    """
    return count(texts, kind).vocabulary(least, characters)


@dataclass(frozen=True)
class Counted:
    """How often each unit, and each word by its units, occurs in transcripts."""

    kind: Kind
    units: Mapping[str, int]
    words: Mapping[tuple[str, ...], int]

    def vocabulary(self, least: int = 1, characters: str = "") -> Vocabulary:
        """See the function of this name."""
        more = (f" {UNKNOWN}",) if self.kind == "word" else ()
        if self.kind == "char":
            said = "".join(parts(characters, "char")) or "".join(self.units)
            kept = sorted({*said, " "}) if said else list(LETTERS)
        else:
            kept = sorted(unit for unit, count in self.units.items() if count >= least)
        known = frozenset(kept)
        missing = sum(count for found, count in self.words.items() if not known.issuperset(found))
        return Vocabulary(self.kind, (BLANK, *more, *kept), missing, sum(self.words.values()))


def count(texts: Iterable[str], kind: Kind = "char") -> Counted:
    """The units of transcripts, the commonest first; the space that parts words is none. Raises ValueError."""
    if kind not in KINDS:
        raise ValueError(f"there are no units {kind!r}; there are: {', '.join(KINDS)}")
    counts: Counter[str] = Counter()
    words: Counter[tuple[str, ...]] = Counter()
    for word, times in Counter(word for text in texts for word in text.split()).items():
        found = tuple(parts(word, kind))
        words[found] += times
        for unit in found:
            counts[unit] += times
    return Counted(kind, dict(counts.most_common()), words)


def outside(texts: Iterable[str], known: Vocabulary) -> tuple[int, int]:
    """(words of texts that hold a unit outside the vocabulary, words in all)."""
    units, missing, among = frozenset(known.units), 0, 0
    for text in texts:
        for word in text.split():
            missing, among = missing + (not units.issuperset(parts(word, known.kind))), among + 1
    return missing, among


def head(width: int, known: Sequence[str]) -> int:
    """Weights of a linear head from `width` numbers a frame to every unit, biases too: (width + 1) * units."""
    return (width + 1) * len(known)


def syllables(word: str) -> list[str]:
    """An English word parted by a rule of thumb: each part has one group of vowels.

    Between two groups one consonant goes to the later part, as do pairs that begin words; else a part ends between
    them. A last e that is not spoken makes no part of its own.
    """
    groups = [found.span() for found in _VOWELS.finditer(word)]
    silent = len(groups) > 1 and groups[-1] == (len(word) - 1, len(word)) and word[-1] == "e"
    if silent and not re.search(r"[^aeiouy]le$", word):
        groups = groups[:-1]
    cuts = []
    for (_, end), (start, _) in itertools.pairwise(groups):
        between = start - end
        if between <= 1:
            cuts.append(end)
        elif word[start - 2 : start] in _TOGETHER or (start == len(word) - 1 and word[start - 1 :] == "le"):
            cuts.append(max(end, start - 2))
        else:
            cuts.append(start - 1)
    edges = [0, *cuts, len(word)]
    return [word[a:b] for a, b in itertools.pairwise(edges) if b > a]
