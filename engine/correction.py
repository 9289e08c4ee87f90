"""Corrections of captions: what was truly said where a recogniser heard something else."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from engine.captions import Captions, Line
from engine.recognisers.recogniser import Word

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class Correction:
    """Instead of the word `was` that begins at `start` seconds: `text`, of any number of words, or of none."""

    start: float
    was: str
    text: str


def put(corrections: tuple[Correction, ...], word: Word, text: str) -> tuple[Correction, ...]:
    """With what is to stand for a word; its own text takes an earlier correction back."""
    kept = tuple(each for each in corrections if (each.start, each.was) != (word.start, word.text))
    text = " ".join(text.split())
    return kept if text == word.text else (*kept, Correction(word.start, word.text, text))


def corrected(captions: Captions, corrections: Iterable[Correction]) -> Captions:
    """The same captions as they were corrected; nobody tells a confidence of what was typed.

    Of several words that stand for one, each lasts as long as its share of the letters.
    """
    texts = {(each.start, each.was): each.text for each in corrections}
    if not texts:
        return captions
    lines = (Line(_words(each.words, texts)) for each in captions.lines)
    return replace(
        captions, lines=tuple(each for each in lines if each.words), words=_words(captions.words, texts)
    )


def _words(words: tuple[Word, ...], texts: dict[tuple[float, str], str]) -> tuple[Word, ...]:
    found: list[Word] = []
    for word in words:
        text = texts.get((word.start, word.text))
        found += [word] if text is None else _shared(word, text.split())
    return tuple(found)


def _shared(word: Word, texts: list[str]) -> list[Word]:
    letters = sum(map(len, texts))
    found, at = [], 0
    for text in texts:
        ends = [word.start + (word.stop - word.start) * share / letters for share in (at, at + len(text))]
        found.append(Word(ends[0], ends[1], text))
        at += len(text)
    return found


def to_dict(captions: Captions, corrections: Iterable[Correction]) -> dict[str, Any]:
    """What is settled of captions, and its corrections, as plain values for TOML."""
    lines = (*captions.lines, Line(captions.words))
    return {
        "heard": captions.heard,
        "lines": [[_plain(word) for word in line.words] for line in lines if line.words],
        "corrections": [[each.start, each.was, each.text] for each in corrections],
    }


def from_dict(told: dict[str, Any]) -> tuple[Captions, tuple[Correction, ...]]:
    """The way back. Raises ValueError, TypeError and KeyError for what is none."""
    lines = tuple(Line(tuple(_word(*each) for each in line)) for line in told["lines"])
    corrections = tuple(Correction(float(start), str(was), str(text)) for start, was, text in told["corrections"])
    return Captions(lines, heard=float(told["heard"])), corrections


def _plain(word: Word) -> list[float | str]:
    sure = [] if word.confidence is None else [float(word.confidence)]
    return [float(word.start), float(word.stop), word.text, *sure]


def _word(start: float, stop: float, text: str, confidence: float | None = None) -> Word:
    if not (isinstance(text, str) and math.isfinite(start) and math.isfinite(stop)):
        raise ValueError(f"{text!r} from {start} to {stop} s is no word")
    return Word(float(start), float(stop), text, confidence)
