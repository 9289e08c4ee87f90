"""Acted emotions: recordings that are named as those of RAVDESS are (Livingstone and Russo 2018), in a folder.

03-01-06-01-02-01-12.wav: modality, channel, emotion, intensity, statement, repetition, actor. Any folder below the
one that is named may hold them. No actor is in two splits. Nothing of such a set comes with the program.
"""

from __future__ import annotations

import functools
import random
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine import recordings
from engine.clip import Label, from_array
from engine.corpora.corpus import CorpusMissing, Facts
from engine.knob import Settings as Base
from engine.knob import knob

if TYPE_CHECKING:
    from engine.clip import Clip

FACTS = Facts(
    "RAVDESS",
    "CC BY-NC-SA 4.0",
    "8 emotions, 24 actors, 1440 recordings of speech, 0.2 GB packed",
    "Livingstone and Russo, Zenodo record 1188976",
    ("emotion_ravdess", "RAVDESS"),
    "**/03-01-*-*-*-*-*.*",
    "Actor_01/03-01-06-01-02-01-01.wav",
)
TIER = "emotion"
EMOTIONS = ("neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised")
"""By the third number of a name, from 01 on."""
_NAME = re.compile(r"\d\d-\d\d-(0[1-8])-\d\d-\d\d-\d\d-(\d\d)", re.ASCII)
_SOUNDS = (".wav", ".ogg", ".flac", ".mp3")
_HELD = 6  # of how many actors one is held out for each of validation and test


@dataclass(frozen=True)
class Settings(Base):
    """The knobs of the corpus."""

    folder: str = knob(
        "", help="Where the recordings lie; empty: emotion_ravdess or RAVDESS in the data folder", effect="restart"
    )
    clips: int = knob(10000, 10, 10000, log=True, help="Training clips at most", effect="restart")


@dataclass(frozen=True)
class Corpus:
    """The recordings of a folder. Raises CorpusMissing, when a split is asked for, where there are none."""

    settings: Settings
    licence: str = FACTS.licence

    @property
    def names(self) -> tuple[str, ...]:
        return EMOTIONS

    def split(self, name: str) -> recordings.Files:
        """Recordings by actor: the last of them test, those before them validate. Raises LookupError."""
        recordings.known(name)
        files = _files(self.settings.folder)
        actors = sorted({_parts(each)[1] for each in files})
        held = max(1, len(actors) // _HELD)
        parts = {"train": actors[: -2 * held], "valid": actors[-2 * held : -held], "test": actors[-held:]}
        mine = [each for each in files if _parts(each)[1] in parts[name]]
        if name == "train":  # in any order, so that a few of them have many actors and emotions
            mine = random.Random(0).sample(mine, min(len(mine), self.settings.clips))
        return recordings.Files(mine, _clip)


def build(settings: Settings) -> Corpus:
    return Corpus(settings)


def _files(folder: str) -> tuple[Path, ...]:
    """Every recording below a folder, in the order of their names. Raises CorpusMissing."""
    place = Path(folder).expanduser() if folder else recordings.place(FACTS)
    files = _below(place)
    actors = {_parts(each)[1] for each in files}
    if len(actors) < 3:
        raise CorpusMissing(
            f"{place} holds recordings of {len(actors)} actors that are named as 03-01-06-01-02-01-12.wav is; "
            "3 or more are needed: choose another folder, or the synthetic corpus, which needs none"
        )
    return files


@functools.lru_cache(maxsize=4)
def _below(place: Path) -> tuple[Path, ...]:
    files = (each for each in place.rglob("*") if each.suffix.lower() in _SOUNDS and _NAME.fullmatch(each.stem))
    return tuple(sorted(files, key=lambda each: (each.stem, str(each))))


def _parts(path: Path) -> tuple[str, str]:
    """The emotion, and the number of the actor."""
    match = _NAME.fullmatch(path.stem)
    assert match is not None
    return EMOTIONS[int(match[1]) - 1], match[2]


def _clip(path: Path) -> Clip:
    """Mono at 16 kHz. Raises CorpusMissing where the file cannot be read."""
    emotion, actor = _parts(path)
    sound = recordings.read(path)
    label = Label(0.0, len(sound) / recordings.RATE, emotion, TIER)
    return from_array(sound, recordings.RATE, f"{path.stem}, actor {actor}", (label,))
