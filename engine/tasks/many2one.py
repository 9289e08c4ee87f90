"""Many to one: say of a whole clip which of a few voices speaks in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine import catalog, clipwise
from engine.knob import Settings as Base
from engine.knob import knob

TIER = "speaker"
METRIC = "error"
AUGMENT = ("worst",)


@dataclass(frozen=True)
class Settings(Base):
    """The knobs of the task."""

    voices: int = knob(8, 2, 8, help="How many voices there are", effect="restart")
    words: int = knob(2, 1, 8, help="Words in a clip", effect="restart")
    clips: int = knob(
        480, 10, 10000, log=True, help="Training clips; the other splits have a fifth", effect="restart"
    )
    seed: int = knob(0, 0, 2**31 - 1, help="Another seed, other voices and words", effect="restart")
    worst: float = knob(10.0, -20.0, 40.0, unit="dB", help="The lowest SNR in training", effect="restart")


def build(settings: Settings) -> clipwise.Classes:
    corpora: Any = catalog.load("corpora", "speakers")
    wanted = settings.to_dict()
    corpus = corpora.build(corpora.Settings(**{key: wanted[key] for key in ("voices", "words", "clips", "seed")}))
    names = corpora.NAMES[: settings.voices]
    return clipwise.Classes(settings, corpus, names, clipwise.frontend(), TIER, settings.worst)


def chance(settings: Settings) -> float:
    """The error of guessing."""
    return 1 - 1 / settings.voices
