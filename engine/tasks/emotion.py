"""Emotion: say how a clip is spoken, by pitch, loudness and pace, whatever is said and whoever says it."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from engine import catalog, clipwise
from engine.knob import Settings as Base
from engine.knob import knob
from engine.stages.stage import Link

TIER = "emotion"
METRIC = "error"
AUGMENT = ("worst",)
_MEAN = (-93.0, 10.0, 1.0, 3.0, *(0.0,) * 9, 0.3, 0.4, -4.5)  # of 13 coefficients, pitch, voicing and loudness
_STD = (18.0, 10.0, 5.0, 5.5, 3.5, *(2.0,) * 8, 0.5, 0.4, 1.4)
_SHAPE = MappingProxyType({"hidden": 32, "layers": 1, "bidirectional": True, "readout": "attention"})


@dataclass(frozen=True)
class Settings(Base):
    """The knobs of the task."""

    corpus: str = knob(
        "synthetic",
        choices=("synthetic", "recordings"),
        help="Synthetic voices, or recordings that are named as RAVDESS's are, which you get yourself",
        effect="restart",
    )
    folder: str = knob(
        "",
        help="Where the recordings lie; empty: emotion_ravdess or RAVDESS in the data folder, OTOSCOPE_DATA",
        effect="restart",
    )
    features: str = knob(
        "prosody",
        choices=("logmel", "prosody"),
        help="What the network hears: log-mel bands, or MFCC with pitch, voicing and loudness beside them",
        effect="restart",
    )
    words: int = knob(3, 1, 8, help="Words in a synthetic clip", effect="restart")
    clips: int = knob(
        480,
        10,
        10000,
        log=True,
        help="Training clips, of recordings at most; the other synthetic splits have a fifth",
        effect="restart",
    )
    seed: int = knob(0, 0, 2**31 - 1, help="Another seed, another synthetic corpus", effect="restart")
    worst: float = knob(10.0, -20.0, 40.0, unit="dB", help="The lowest SNR in training", effect="restart")


def build(settings: Settings) -> clipwise.Classes:
    acted = settings.corpus == "recordings"
    corpora: Any = catalog.load("corpora", "acted" if acted else "prosody")
    wanted, keys = settings.to_dict(), ("folder", "clips") if acted else ("words", "clips", "seed")
    corpus = corpora.build(corpora.Settings(**{key: wanted[key] for key in keys}))
    front = clipwise.frontend() if settings.features == "logmel" else _frontend()
    made = clipwise.Classes(settings, corpus, corpus.names, front, TIER, settings.worst)
    made.knobs, made.shown = _SHAPE, 1
    return made


def _frontend() -> tuple[Link, ...]:
    heard, fixed = (catalog.load("stages", name).Settings for name in ("prosody", "normalise"))
    return Link("prosody", heard()), Link("normalise", fixed(over="global", mean=_MEAN, std=_STD))


def chance(settings: Settings) -> float:
    """The error of guessing."""
    return 1 - 1 / len(build(settings).vocabulary)
