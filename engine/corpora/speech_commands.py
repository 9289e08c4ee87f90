"""Speech Commands: single English words, each a second long, said by thousands of people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine import recordings
from engine.corpora.corpus import CorpusMissing, Facts
from engine.knob import Settings as Base

if TYPE_CHECKING:
    from pathlib import Path

    from engine.clip import Clip

FACTS = Facts(
    "Speech Commands",
    "CC BY 4.0",
    "version 0.02: 2618 speakers, 35 words, 105 829 files, 29 h, 2.4 GB packed",
    "Google, speech_commands_v0.02",
    ("speech_commands", "speech_commands_v0.02"),
    "*/*_nohash_*.wav",
    "yes/0a7c2a8d_nohash_0.wav",
)
_LISTS = {"valid": "validation_list.txt", "test": "testing_list.txt"}


@dataclass(frozen=True)
class Settings(Base):
    """It has no knobs."""


@dataclass(frozen=True)
class Corpus:
    """Split by speaker, by the two lists that lie beside the words. Raises CorpusMissing."""

    settings: Settings
    licence: str = FACTS.licence

    def split(self, name: str) -> recordings.Files:
        """Words with a label of the tier "word", as they were recorded: mono at 16 kHz."""
        recordings.known(name)
        place = recordings.place(FACTS)
        held = {each: _listed(place / file) for each, file in _LISTS.items()}
        every = sorted(place.glob(FACTS.sign))
        if name == "train":
            apart = set().union(*held.values())
            return recordings.Files([file for file in every if _key(file) not in apart], _read)
        return recordings.Files([file for file in every if _key(file) in held[name]], _read)


def build(settings: Settings) -> Corpus:
    return Corpus(settings)


def _listed(file: Path) -> set[str]:
    try:
        return set(file.read_text(encoding="utf-8").split())
    except OSError as error:
        raise CorpusMissing(f"{file} cannot be read ({error.strerror}); it comes with the words") from error


def _key(file: Path) -> str:
    return f"{file.parent.name}/{file.name}"


def _read(file: Path) -> Clip:
    speaker, _, count = file.stem.partition("_nohash_")
    return recordings.whole(file, f"{file.parent.name} {count}, {speaker}", file.parent.name, "word")
