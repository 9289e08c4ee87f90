"""UrbanSound8K: sounds of the street in ten classes, up to four seconds each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine import recordings
from engine.corpora.corpus import CorpusMissing, Facts
from engine.knob import Settings as Base
from engine.knob import knob

if TYPE_CHECKING:
    from pathlib import Path

    from engine.clip import Clip

FACTS = Facts(
    "UrbanSound8K",
    "CC BY-NC 3.0",
    "10 classes, 8732 excerpts, 8.8 h, 6 GB packed",
    "Salamon, Jacoby and Bello, New York University",
    ("UrbanSound8K", "urbansound8k"),
    "audio/fold*/*.wav",
    "audio/fold1/101415-3-0-2.wav",
)
CLASSES = (
    "air conditioner", "car horn", "children playing", "dog bark", "drilling", "engine idling", "gun shot",
    "jackhammer", "siren", "street music",
)  # fmt: skip
FOLDS = 10


@dataclass(frozen=True)
class Settings(Base):
    """The knobs of the corpus."""

    fold: int = knob(10, 1, FOLDS, help="Which of its ten parts is the test; the next validates", effect="restart")


@dataclass(frozen=True)
class Corpus:
    """Split by its own ten parts, which share no recording. Raises CorpusMissing."""

    settings: Settings
    licence: str = FACTS.licence

    def split(self, name: str) -> recordings.Files:
        """Excerpts with a label of the tier "sound", as they are: of any rate and number of channels."""
        held = {"test": self.settings.fold, "valid": self.settings.fold % FOLDS + 1}
        if recordings.known(name) == "train":
            wanted = {f"fold{number}" for number in range(1, FOLDS + 1) if number not in held.values()}
        else:
            wanted = {f"fold{held[name]}"}
        every = sorted(recordings.place(FACTS).glob(FACTS.sign))
        return recordings.Files([file for file in every if file.parent.name in wanted], _read)


def build(settings: Settings) -> Corpus:
    return Corpus(settings)


def _read(file: Path) -> Clip:
    try:  # recording-class-occurrence-slice
        said = CLASSES[int(file.stem.split("-")[1])]
    except (IndexError, ValueError) as error:
        raise CorpusMissing(f"{file} is not named as the files of UrbanSound8K are; remove it") from error
    return recordings.whole(file, f"{said} {file.stem}", said, "sound")
