"""GTZAN: excerpts of music of ten genres, half a minute each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine import recordings
from engine.corpora.corpus import Facts
from engine.knob import Settings as Base

if TYPE_CHECKING:
    from pathlib import Path

    from engine.clip import Clip

FACTS = Facts(
    "GTZAN",
    "none stated; the recordings are not free: research only",
    "10 genres, 1000 excerpts of 30 s, 8.3 h, 1.2 GB",
    "G. Tzanetakis, Marsyas: genres.tar.gz",
    ("gtzan", "GTZAN"),
    "*/*/*.[0-9][0-9][0-9][0-9][0-9].[aw][ua]*",
    "genres/blues/blues.00000.au",
)
_FROM = {"train": (0, 70), "valid": (70, 80), "test": (80, 100)}
"""Numbers of each genre. Neighbours are often of one record, so that whoever draws them at random tests on what
was learnt; in blocks that is rare, but not excluded (B. L. Sturm, 2013, on the faults of GTZAN)."""


@dataclass(frozen=True)
class Settings(Base):
    """It has no knobs."""


@dataclass(frozen=True)
class Corpus:
    """Split by number, in blocks. Raises CorpusMissing."""

    settings: Settings
    licence: str = FACTS.licence

    def split(self, name: str) -> recordings.Files:
        """Excerpts with a label of the tier "genre", as they are: mono at 22.05 kHz."""
        first, last = _FROM[recordings.known(name)]
        every = sorted(recordings.place(FACTS).glob(FACTS.sign))
        return recordings.Files([file for file in every if first <= _number(file) < last], _read)


def build(settings: Settings) -> Corpus:
    return Corpus(settings)


def _number(file: Path) -> int:
    return int(re.findall(r"\d{5}", file.name)[0])


def _read(file: Path) -> Clip:
    genre = file.parent.name
    return recordings.whole(file, f"{genre} {_number(file)}", genre, "genre")
