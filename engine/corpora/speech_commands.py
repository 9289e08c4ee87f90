"""Speech Commands: single English words, each a second long, said by thousands of people."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine import dealing, recordings
from engine.corpora.corpus import CorpusMissing, Facts
from engine.knob import Settings as Base
from engine.knob import knob

if TYPE_CHECKING:
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


TEN = ("yes", "no", "up", "down", "left", "right", "on", "off", "stop", "go")
"""Those of the words that are commands."""
ALL = (
    *TEN, "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "backward", "bed",
    "bird", "cat", "dog", "follow", "forward", "happy", "house", "learn", "marvin", "sheila", "tree", "visual",
    "wow",
)  # fmt: skip


@dataclass(frozen=True)
class Settings(Base):
    """The knobs of the corpus."""

    folder: str = knob(
        "", file=True, help="Where the words lie; empty: speech_commands in the data folder", effect="restart"
    )
    words: str = knob("all", choices=("ten", "all"), help="The ten commands, or all 35 words", effect="restart")


@dataclass(frozen=True)
class Corpus:
    """Split by speaker, by the two lists that lie beside the words; without both, by the rule that made them.

    Raises CorpusMissing.
    """

    settings: Settings
    licence: str = FACTS.licence

    @property
    def names(self) -> tuple[str, ...]:
        return TEN if self.settings.words == "ten" else ALL

    def split(self, name: str) -> recordings.Files:
        """Words with a label of the tier "word", as they were recorded: mono at 16 kHz."""
        recordings.known(name)
        place = self._place()
        every = [file for file in sorted(place.glob(FACTS.sign)) if file.parent.name in self.names]
        if not any((place / file).exists() for file in _LISTS.values()):
            return recordings.Files([file for file in every if dealing.split(file.name) == name], _read)
        held = {each: _listed(place / file) for each, file in _LISTS.items()}
        if name == "train":
            apart = set().union(*held.values())
            return recordings.Files([file for file in every if _key(file) not in apart], _read)
        return recordings.Files([file for file in every if _key(file) in held[name]], _read)

    def _place(self) -> Path:
        """Where the words lie. Raises CorpusMissing."""
        if not self.settings.folder:
            return recordings.place(FACTS)
        place = Path(self.settings.folder).expanduser()
        if next(place.glob(FACTS.sign), None) is None:
            raise CorpusMissing(
                f"{place} holds no words as {FACTS.example}: name the folder that holds a folder for each word, "
                f"as {FACTS.title} has them ({FACTS.source}; licence: {FACTS.licence})"
            )
        return place


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
