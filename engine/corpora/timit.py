"""TIMIT, or NLTK's sample of it: sentences read aloud, whose phones were marked by hand."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine import recordings, tiers
from engine.corpora.corpus import CorpusMissing, Facts
from engine.knob import Settings as Base
from engine.knob import knob

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from engine.clip import Clip

FACTS = Facts(
    "TIMIT",
    "LDC's user agreement; NLTK's sample: CC BY-NC-SA",
    "630 speakers, 6300 sentences, 5.4 h, 0.6 GB; the sample: some 12 speakers, 6 min",
    "Linguistic Data Consortium, LDC93S1; a sample of it comes with NLTK",
    ("timit", "TIMIT", "phones_timit_nltk"),
    "**/*.[pP][hH][nN]",
    "train/dr1/fcjf0/sa1.phn",
)
FOLDS = 6
_SOUNDS = (".flac", ".wav", ".WAV", ".FLAC")


@dataclass(frozen=True)
class Settings(Base):
    """The knobs of the corpus."""

    clips: int = knob(5000, 10, 5000, log=True, help="Training sentences at the most", effect="restart")
    fold: int = knob(
        0,
        0,
        FOLDS - 1,
        help="Which sixth of a sample's speakers is the test; the next one is for validation",
        effect="restart",
    )


@dataclass(frozen=True)
class Corpus:
    """Split by speaker: as TIMIT has it (a tenth of its training speakers validates), or a sample into sixths.

    The sentences sa1 and sa2, which all speakers say, and others that a held-out speaker says too, test nothing:
    the former are in training alone, the latter are not in it. Raises CorpusMissing where there is no TIMIT.
    """

    settings: Settings
    licence: str = FACTS.licence

    def split(self, name: str) -> recordings.Files:
        """Sentences with tiers of 39 phones and of words, mono at 16 kHz."""
        place = recordings.place(FACTS)
        chosen = _splits(place, self.settings.fold)[recordings.known(name)]
        if name == "train" and len(chosen) > self.settings.clips:
            kept = np.random.default_rng(0).permutation(len(chosen))[: self.settings.clips]
            chosen = tuple(chosen[number] for number in sorted(kept))
        return recordings.Files(chosen, _read)


def build(settings: Settings) -> Corpus:
    return Corpus(settings)


@functools.lru_cache(maxsize=8)
def _splits(place: Path, fold: int) -> Mapping[str, tuple[Path, ...]]:
    """The .phn files of each split."""
    files = sorted(place.glob(FACTS.sign))
    speakers = list(dict.fromkeys(file.parent for file in files))
    official = [speaker for speaker in speakers if "test" in _folders(place, speaker)]
    if official and len(official) < len(speakers):
        rest = [speaker for speaker in speakers if speaker not in official]
        held = {"test": official, "valid": rest[9::10]}
    else:
        parts = np.array_split(np.arange(len(speakers)), FOLDS)
        held = {
            name: [speakers[number] for number in parts[which % FOLDS]]
            for name, which in (("test", fold), ("valid", fold + 1))
        }
    found = {
        name: tuple(file for file in files if file.parent in mine and not _said_by_all(file))
        for name, mine in held.items()
    }
    apart = {speaker for mine in held.values() for speaker in mine}
    known = {file.stem.lower() for split in found.values() for file in split}
    train = (file for file in files if file.parent not in apart and file.stem.lower() not in known)
    return {**found, "train": tuple(train)}


def _folders(place: Path, speaker: Path) -> tuple[str, ...]:
    return tuple(part.lower() for part in speaker.relative_to(place).parts)


def _said_by_all(file: Path) -> bool:
    return file.stem.lower().startswith("sa")


def _read(file: Path) -> Clip:
    sound = next((each for each in map(file.with_suffix, _SOUNDS) if each.is_file()), file.with_suffix(".wav"))
    words = next((each for each in map(file.with_suffix, (".wrd", ".WRD")) if each.is_file()), None)
    try:
        labels = tiers.phones(file) + (tiers.words(words) if words else ())
    except (OSError, ValueError) as error:
        raise CorpusMissing(f"{error}; get the recordings again") from error
    return recordings.speech(sound, f"{file.stem.lower()}, {file.parent.name.lower()}", labels)
