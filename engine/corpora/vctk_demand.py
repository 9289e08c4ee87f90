"""VCTK-DEMAND: sentences of 28 or 56 speakers, and of two more, in the noise of rooms and streets and without."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine import recordings
from engine.corpora.corpus import Facts
from engine.knob import Settings as Base
from engine.knob import knob

if TYPE_CHECKING:
    from pathlib import Path

FACTS = Facts(
    "VCTK-DEMAND",
    "CC BY 4.0",
    "28 + 2 speakers, 11 572 + 824 sentences, 10 h, 5 GB packed; 56 speakers are as much again and more",
    "C. Valentini-Botinhao, University of Edinburgh, DataShare: noisy speech database, 28 or 56 speakers",
    ("vctk_demand", "VCTK-DEMAND"),
    "noisy_*_wav/*.wav",
    "noisy_trainset_28spk_wav/p226_001.wav",
)
VALID = ("p226", "p287")
"""A man and a woman of the 28 who are left out of training, as is usual."""
SNRS = {"train": (0.0, 5.0, 10.0, 15.0), "test": (2.5, 7.5, 12.5, 17.5)}
"""In dB; those of valid are those of train."""


@dataclass(frozen=True)
class Settings(Base):
    speakers: int = knob(
        28, choices=(28, 56), effect="restart", help="Which training set: that of 28 speakers or 56"
    )
    seconds: float = knob(
        3.0, 0.5, 20.0, step=0.5, unit="s", effect="restart", help="How long a piece to learn from is"
    )


def build(settings: Settings) -> recordings.Paired:
    """Pairs, split by speaker: its own two test, two of the others validate."""
    return recordings.Paired(FACTS.licence, functools.partial(_pairs, settings.speakers), settings.seconds)


def nominal(file: Path) -> float | None:
    """The SNR in dB that the log beside the folders tells of a noisy file, in rows like `p232_001 bus 17.5`."""
    part = file.parent.name.removeprefix("noisy_").removesuffix("_wav")
    return _log(file.parents[1] / f"log_{part}.txt").get(file.stem)


@functools.lru_cache(8)
def _log(path: Path) -> dict[str, float]:
    if not path.is_file():
        return {}
    rows = (line.split() for line in path.read_text(encoding="utf-8").splitlines())
    return {row[0]: float(row[-1]) for row in rows if len(row) >= 3}


def _pairs(speakers: int, name: str) -> list[tuple[Path, Path]]:
    part = "testset_wav" if recordings.known(name) == "test" else f"trainset_{speakers}spk_wav"
    place = recordings.place(FACTS)
    pairs = recordings.paired(place / f"noisy_{part}", place / f"clean_{part}", lambda file: file.stem)
    if name == "test":
        return pairs
    voices = sorted({_speaker(noisy) for noisy, _ in pairs})
    held = [each for each in VALID if each in voices] or [voices[0], voices[-1]]
    return [pair for pair in pairs if (_speaker(pair[0]) in held) == (name == "valid")]


def _speaker(file: Path) -> str:
    return file.stem.partition("_")[0]
