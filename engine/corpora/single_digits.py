"""Spoken digits one by one: ten words, as they were recorded; the speaker who tests is never trained on."""

from __future__ import annotations

from dataclasses import dataclass

from engine import dealing, recordings
from engine.clip import Clip, Label, from_array
from engine.drawn import Drawn
from engine.knob import Settings as Base
from engine.knob import knob
from engine.utterance import SPEAKERS, WORDS

TIER = "word"
_SET = "digits_fsdd"
_VALID = 20.0
"""Per cent of the other speakers' recordings that validate."""


@dataclass(frozen=True)
class Settings(Base):
    """The knobs of the corpus."""

    held_out: str = knob("theo", choices=SPEAKERS, help="The speaker, one of five, who tests", effect="restart")


@dataclass(frozen=True)
class Corpus:
    """Recordings of one word each: a speaker tests, and of the others' a fifth validates, dealt by their names."""

    settings: Settings
    licence: str = "CC BY-SA 4.0 (Free Spoken Digit Dataset)"

    @property
    def names(self) -> tuple[str, ...]:
        return WORDS

    def split(self, name: str) -> Drawn:
        """Clips with a label of the tier "word". Raises LookupError, CorpusMissing."""
        recordings.known(name)
        rows = [row for row in recordings.rows(_SET) if row.speaker in SPEAKERS]
        mine = [row for row in rows if _split(row, self.settings.held_out) == name]
        return Drawn(len(mine), lambda index: _clip(mine[index]))


def build(settings: Settings) -> Corpus:
    return Corpus(settings)


def _split(row: recordings.Row, held_out: str) -> str:
    return "test" if row.speaker == held_out else dealing.split(row.path.stem, _VALID, 0.0)


def _clip(row: recordings.Row) -> Clip:
    sound = recordings.sound(row.path)
    label = Label(0.0, len(sound) / recordings.RATE, WORDS[int(row.label)], TIER)
    return from_array(sound, recordings.RATE, f"{row.path.stem}, {row.speaker}", (label,))
