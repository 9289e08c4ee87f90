"""Commands: say which one word was spoken in a clip of a second."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from engine import catalog, clipwise, utterance
from engine.fitted import Fitted
from engine.knob import Settings as Base
from engine.knob import knob
from engine.stages.stage import Link

TIER = "word"
METRIC = "error"
AUGMENT = ("worst",)
SECONDS = 1.0
_SHAPE = MappingProxyType({"hidden": 64, "layers": 1, "readout": "mean"})
_MFCC = ((-67.0, 10.0, *(0.0,) * 11), (24.0, 12.0, 5.0, 5.0, *(2.0,) * 9))
"""Mean and deviation of 13 coefficients of spoken digits, a second each with silence at its end."""


@dataclass(frozen=True)
class Settings(Base):
    """The knobs of the task."""

    corpus: str = knob(
        "single_digits",
        choices=("single_digits", "speech_commands"),
        help="Spoken digits, or Speech Commands, which you get yourself",
        effect="restart",
    )
    folder: str = knob(
        "",
        file=True,
        help="Where Speech Commands lies; empty: speech_commands in the data folder, OTOSCOPE_DATA",
        effect="restart",
    )
    words: str = knob(
        "ten",
        choices=("ten", "all"),
        help="Of Speech Commands the ten that are commands, or all 35",
        effect="restart",
    )
    held_out: str = knob(
        "theo", choices=utterance.SPEAKERS, help="The speaker of the digits who tests", effect="restart"
    )
    clips: int = knob(100_000, 10, 100_000, log=True, help="Training clips at most", effect="restart")
    features: str = knob(
        "logmel", choices=("logmel", "mfcc"), help="What is heard: 40 mel bands, or 13 MFCC", effect="restart"
    )
    rate: int = knob(16000, choices=(16000, 22050), unit="Hz", help="Samples a second", effect="restart")
    n_fft: int = knob(512, choices=(512, 1024, 2048), label="FFT size", help="Its window, too", effect="restart")
    hop: int = knob(160, 32, 1024, step=8, unit="samples", help="Step from frame to frame", effect="restart")
    worst: float = knob(40.0, -20.0, 40.0, unit="dB", help="The lowest SNR in training", effect="restart")


def build(settings: Settings) -> Commands:
    return Commands(settings)


class Commands(clipwise.Classes):
    """One word of several; the error is the share of clips that are called by another."""

    knobs = _SHAPE

    def __init__(self, settings: Settings) -> None:
        corpora: Any = catalog.load("corpora", settings.corpus)
        keys = ("held_out",) if settings.corpus == "single_digits" else ("folder", "words")
        corpus = corpora.build(corpora.Settings(**{key: getattr(settings, key) for key in keys}))
        self.rate = settings.rate
        made = Fitted(corpus, settings.rate, SECONDS, settings.clips)
        super().__init__(settings, made, corpus.names, _frontend(settings), TIER, settings.worst)


def _frontend(settings: Settings) -> tuple[Link, ...]:
    shape = {"n_mels": 40, "n_fft": settings.n_fft, "hop": settings.hop, "win": settings.n_fft}
    if settings.features == "mfcc":
        heard = catalog.load("stages", "mfcc").Settings(n_mfcc=13, **shape)
        fixed = _statistics(*_MFCC)
    else:
        shape["win"] = min(settings.n_fft, round(0.025 * settings.rate))
        heard = catalog.load("stages", "logmel").Settings(**shape)
        fixed = _statistics((-11.0,) * 40, (3.6,) * 40)
    return Link(settings.features, heard), Link("normalise", fixed)


def _statistics(mean: tuple[float, ...], std: tuple[float, ...]) -> Any:
    return catalog.load("stages", "normalise").Settings(over="global", mean=mean, std=std)


def chance(settings: Settings) -> float:
    """The error of guessing."""
    return 1 - 1 / len(build(settings).vocabulary)
