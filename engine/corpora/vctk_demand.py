"""VCTK-DEMAND: sentences of 30 speakers in the noise of rooms and streets, and the same without noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine import recordings
from engine.audio.file import open_clip
from engine.corpora.corpus import Facts
from engine.knob import Settings as Base

if TYPE_CHECKING:
    from pathlib import Path

FACTS = Facts(
    "VCTK-DEMAND",
    "CC BY 4.0",
    "28 + 2 speakers, 11 572 + 824 sentences, 10 h, 5 GB packed",
    "C. Valentini-Botinhao, University of Edinburgh, DataShare: noisy speech database, 28 speakers",
    ("vctk_demand", "VCTK-DEMAND"),
    "noisy_*_wav/*.wav",
    "noisy_trainset_28spk_wav/p226_001.wav",
)
VALID = ("p226", "p287")
"""A man and a woman who are left out of training, as is usual."""


@dataclass(frozen=True)
class Settings(Base):
    """It has no knobs."""


@dataclass(frozen=True)
class Corpus:
    """Pairs, split by speaker: its own two test, two of the 28 validate. Raises CorpusMissing."""

    settings: Settings
    licence: str = FACTS.licence

    def split(self, name: str) -> recordings.Files:
        """Noisy speech, mono at 48 kHz."""
        return recordings.Files([noisy for noisy, _ in _pairs(name)], open_clip)

    def clean(self, name: str) -> recordings.Files:
        """The same without noise, in the same order."""
        return recordings.Files([clean for _, clean in _pairs(name)], open_clip)


def build(settings: Settings) -> Corpus:
    return Corpus(settings)


def _pairs(name: str) -> list[tuple[Path, Path]]:
    part = "testset_wav" if recordings.known(name) == "test" else "trainset_28spk_wav"
    place = recordings.place(FACTS)
    pairs = recordings.paired(place / f"noisy_{part}", place / f"clean_{part}", lambda file: file.stem)
    if name == "test":
        return pairs
    return [pair for pair in pairs if (pair[0].stem.partition("_")[0] in VALID) == (name == "valid")]
