"""ARCTIC sentences read by Fraser, one more speaker of English; a machine marked the phones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine import recordings, tiers
from engine.clip import Label
from engine.corpora.corpus import CorpusMissing, Facts
from engine.knob import Settings as Base
from engine.labelling import SILENCE, TIER
from engine.phones import SAMPA, STOPS

if TYPE_CHECKING:
    from pathlib import Path

    from engine.clip import Clip

FACTS = Facts(
    "ARCTIC, Fraser",
    "none stated: experiments only",
    "1 speaker, 500 sentences, 0.6 h, 20 MB",
    "voice-building seminar of Saarland University, 2016",
    ("read_arctic_fraser",),
    "textgrid/*.TextGrid",
    "textgrid/arctic_a0002.TextGrid",
)
_CLOSED = 0.5
"""Share of a stop that is its closure, roughly: here one interval holds both, in TIMIT the closure is silence."""


@dataclass(frozen=True)
class Settings(Base):
    """It has no knobs."""


@dataclass(frozen=True)
class Corpus:
    """Split by sentence, for there is one speaker. Raises CorpusMissing where the recordings are not here."""

    settings: Settings
    licence: str = FACTS.licence

    def split(self, name: str) -> recordings.Files:
        """Sentences with a tier of 39 phones, mono at 16 kHz; the table's test is shared with validation."""
        recordings.known(name)
        recordings.place(FACTS)
        kept = [
            row.path for row in recordings.rows(FACTS.folders[0]) if (row.split == "train") == (name == "train")
        ]
        return recordings.Files(kept if name == "train" else kept[name == "test" :: 2], _read)


def build(settings: Settings) -> Corpus:
    return Corpus(settings)


def _read(sound: Path) -> Clip:
    table = sound.parents[1] / "textgrid" / f"{sound.stem}.TextGrid"
    try:
        marked = tiers.textgrid(table)
    except (OSError, ValueError) as error:
        raise CorpusMissing(f"{error}; get the recordings again") from error
    return recordings.speech(sound, f"{sound.stem}, fraser", tuple(filter(None, map(_folded, marked))))


def _folded(label: Label) -> Label | None:
    """The interval as one of 39 phones, as TIMIT would mark it; None where it is silence or no phone."""
    name = SAMPA.get(label.text, SILENCE)
    if name == SILENCE:
        return None
    shut = _CLOSED * (label.end - label.start) if name in STOPS else 0.0
    return Label(label.start + shut, label.end, name, TIER)
