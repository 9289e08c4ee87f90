"""VCTK-DEMAND: sentences of 30 speakers in the noise of rooms and streets, and the same without noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine import recordings
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


def build(settings: Settings) -> recordings.Paired:
    """Pairs, split by speaker: its own two test, two of the 28 validate."""
    return recordings.Paired(FACTS.licence, _pairs)


def _pairs(name: str) -> list[tuple[Path, Path]]:
    part = "testset_wav" if recordings.known(name) == "test" else "trainset_28spk_wav"
    place = recordings.place(FACTS)
    pairs = recordings.paired(place / f"noisy_{part}", place / f"clean_{part}", lambda file: file.stem)
    if name == "test":
        return pairs
    return [pair for pair in pairs if (pair[0].stem.partition("_")[0] in VALID) == (name == "valid")]
