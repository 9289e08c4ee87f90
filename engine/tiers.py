"""Tiers: labels that lie in a file beside a sound, as TIMIT, Praat and this program write them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engine import language
from engine.asset import read_labels
from engine.clip import Label
from engine.labelling import SILENCE, TIER
from engine.phones import FOLD

if TYPE_CHECKING:
    from pathlib import Path

    from engine.clip import Clip

RATE = 16000
"""Samples a second in which TIMIT counts, whatever the sound beside it became."""
_INTERVAL = re.compile(r'\bxmin\s*=\s*(\S+)\s+xmax\s*=\s*(\S+)\s+text\s*=\s*"((?:[^"]|"")*)"')
_TIER = re.compile(r'class\s*=\s*"IntervalTier"\s+name\s*=\s*"((?:[^"]|"")*)"')


def beside(sound: Path) -> tuple[Label, ...]:
    """Labels of the files that are named as the sound is, .tsv, .phn, .wrd or .TextGrid; none is no error.

    Raises ValueError that names the file, where one is damaged, and OSError.
    """
    found: list[Label] = []
    for suffix, read in (("tsv", read_labels), ("phn", phones), ("wrd", words), ("TextGrid", textgrid)):
        for name in dict.fromkeys((suffix, suffix.lower(), suffix.upper())):
            file = sound.with_suffix(f".{name}")
            if file.is_file():
                found += read(file)
                break
    return tuple(found)


def labelled(clip: Clip, sound: Path) -> tuple[Clip, tuple[str, ...]]:
    """The clip with the labels and the language that lie in files beside its sound, and in words what of them is
    left out, as it cannot be read.
    """
    found: dict[str, Any] = {}
    trouble = []
    for what, value in (("language", language.beside), ("labels", beside)):
        try:
            found[what] = value(sound)
        except (OSError, ValueError) as error:
            trouble.append(f"{sound.name} is read without the {what} beside it: {error}")
    return replace(clip, **found), tuple(trouble)


def phones(file: Path) -> tuple[Label, ...]:
    """The phones of TIMIT's .phn in 39 classes, without silence. Raises ValueError for another symbol."""
    labels = []
    for number, (start, end, symbol) in enumerate(_rows(file), 1):
        if symbol != "q" and symbol not in FOLD:
            raise ValueError(f"{file}, line {number}: {symbol!r} is none of the 61 symbols of TIMIT")
        if FOLD.get(symbol, SILENCE) != SILENCE:
            labels.append(Label(start, end, FOLD[symbol], TIER))
    return tuple(labels)


def words(file: Path) -> tuple[Label, ...]:
    """The words of TIMIT's .wrd. Raises ValueError."""
    return tuple(Label(start, end, text, "word") for start, end, text in _rows(file))


def textgrid(file: Path) -> tuple[Label, ...]:
    """The intervals of a Praat TextGrid (the long text format) with their own texts, but for empty ones.

    Raises ValueError.
    """
    text = file.read_text(encoding="utf-8-sig")
    parts = _TIER.split(text)
    if len(parts) < 3:
        raise ValueError(f"{file} holds no tier of intervals; save it from Praat as a text file")
    labels = []
    for name, body in zip(parts[1::2], parts[2::2], strict=True):
        for start, end, said in _INTERVAL.findall(body):
            if said.strip():
                label = Label(float(start), float(end), said.strip().replace('""', '"'), name.replace('""', '"'))
                labels.append(label)
    return tuple(labels)


def _rows(file: Path) -> list[tuple[float, float, str]]:
    """(start s, end s, text) of lines that say: first sample, last sample, text."""
    rows = []
    for number, line in enumerate(file.read_text(encoding="utf-8-sig").splitlines(), 1):
        parts = line.split(None, 2)
        try:
            first, last, text = parts
            rows.append((int(first) / RATE, int(last) / RATE, text.strip()))
        except ValueError as error:
            raise ValueError(
                f"{file}, line {number}: needs first sample, last sample, text; it is {line!r}"
            ) from error
    return rows
