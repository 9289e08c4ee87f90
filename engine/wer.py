"""Word and character error rate: how much of a text was written down wrongly, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine import bootstrap, edit, normaliser

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


@dataclass(frozen=True)
class Rate:
    """Substitutions, deletions and insertions among `count` true words or characters. Rates of clips add up."""

    substitutions: int = 0
    deletions: int = 0
    insertions: int = 0
    count: int = 0

    @property
    def errors(self) -> int:
        return self.substitutions + self.deletions + self.insertions

    @property
    def error(self) -> float:
        """Errors over true words. Where there were none to be said, each one found counts as a whole error."""
        return self.errors / max(1, self.count)

    def __add__(self, other: Rate) -> Rate:
        return Rate(
            self.substitutions + other.substitutions,
            self.deletions + other.deletions,
            self.insertions + other.insertions,
            self.count + other.count,
        )

    def __str__(self) -> str:
        kinds = f"S {self.substitutions}, D {self.deletions}, I {self.insertions}, N {self.count}"
        return f"{self.error:.1%} ({kinds})"


@dataclass(frozen=True)
class Text:
    """What was said in one clip, and what was found; `language` as in "en", empty where nobody tells."""

    name: str
    reference: str
    hypothesis: str
    language: str = ""


@dataclass(frozen=True)
class Scored:
    """A text with its errors, by words and by characters, and its words aligned."""

    text: Text
    words: Rate
    characters: Rate
    alignment: edit.Alignment


@dataclass(frozen=True)
class Score:
    """The errors of a corpus: the total errors over the total words of its clips, not the mean of their rates.

    The intervals (95 %) are drawn over clips; None of fewer than two.
    """

    normaliser: str
    words: Rate
    characters: Rate
    clips: tuple[Scored, ...]
    words_within: tuple[float, float] | None = None
    characters_within: tuple[float, float] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain values, without the alignments."""
        return {
            "normaliser": self.normaliser,
            "clips": len(self.clips),
            "wer": rate_dict(self.words, self.words_within),
            "cer": rate_dict(self.characters, self.characters_within),
        }


def align(reference: str, hypothesis: str, name: str = normaliser.DEFAULT) -> edit.Alignment:
    """The words of two texts, normalised, beside each other. Raises UnknownNormaliser."""
    return edit.align(normaliser.words(hypothesis, name), normaliser.words(reference, name))


def rate(alignment: edit.Alignment) -> Rate:
    """The errors of an alignment."""
    return Rate(*alignment.counts, len(alignment.truth))


def one(text: Text, name: str = normaliser.DEFAULT) -> Scored:
    """The errors of one clip. A space between two words is a character. Raises UnknownNormaliser."""
    aligned = align(text.reference, text.hypothesis, name)
    spelt = edit.align(tuple(" ".join(aligned.found)), tuple(" ".join(aligned.truth)))
    return Scored(text, rate(aligned), rate(spelt), aligned)


def usual(texts: Iterable[Text]) -> str:
    """The normaliser that suits: the one of English, unless texts of another language are among them."""
    found = {normaliser.usual(each.language) for each in texts} or {normaliser.DEFAULT}
    return normaliser.ANY_LANGUAGE if len(found) > 1 else found.pop()


def score(texts: Iterable[Text], name: str = normaliser.DEFAULT, seed: int = 0) -> Score:
    """The errors of several clips together. Raises UnknownNormaliser, and ValueError without any."""
    return together([one(text, name) for text in texts], name, seed)


def together(clips: Sequence[Scored], name: str, seed: int = 0) -> Score:
    """The errors of clips that were scored one by one. Raises ValueError without any."""
    if not clips:
        raise ValueError("there is no text to score")
    by_words, by_characters = [clip.words for clip in clips], [clip.characters for clip in clips]
    return Score(
        name,
        sum(by_words, Rate()),
        sum(by_characters, Rate()),
        tuple(clips),
        within(by_words, seed),
        within(by_characters, seed),
    )


def by_language(found: Score, seed: int = 0) -> Mapping[str, Score]:
    """The same for each language, in alphabetical order."""
    names = sorted({clip.text.language for clip in found.clips})
    return {
        name: together([clip for clip in found.clips if clip.text.language == name], found.normaliser, seed)
        for name in names
    }


def within(rates: Sequence[Rate], seed: int = 0) -> tuple[float, float] | None:
    """The 95 % interval of the rate of all, by drawing clips again; None of fewer than two."""
    if len(rates) < 2:
        return None
    return bootstrap.interval([each.errors for each in rates], [max(each.count, 1e-9) for each in rates], seed)[1:]


def rate_dict(found: Rate, within: tuple[float, float] | None = None) -> dict[str, Any]:
    """A rate as plain values."""
    return {
        "error": found.error,
        "within": None if within is None else list(within),
        "S": found.substitutions,
        "D": found.deletions,
        "I": found.insertions,
        "N": found.count,
    }
