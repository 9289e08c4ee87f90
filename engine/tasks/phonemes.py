"""Phonemes: say of every frame which synthetic phoneme sounds in it, or that none does."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from engine import asset, catalog
from engine.knob import Settings as Base
from engine.knob import knob
from engine.labelling import HOP, NOISES, TIER, Hearing, Labelling
from engine.scratch import mock

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from engine.clip import Clip, Label

__all__ = ["AHEAD", "AUGMENT", "HOP", "LENGTH", "METRIC", "NOISES", "TIER", "Phonemes", "Settings", "build"]

METRIC = "PER"
LENGTH = "words"
AHEAD = "delay"
AUGMENT = ("worst", "clean", "speeds")


@dataclass(frozen=True)
class Settings(Base):
    """The knobs of the task: those of its corpus, the features, and how hard training is made."""

    phonemes: int = knob(10, 5, 10, help="How many phonemes there are; the first three say cat", effect="restart")
    words: int = knob(4, 1, 8, help="Words in a clip", effect="restart")
    longest: float = knob(
        0.0,
        0.0,
        10.0,
        step=0.1,
        unit="s",
        label="longest sequence",
        help="How much of a training clip is learnt from at once, from anywhere in it: a second is 100 frames of "
        "the usual stride; 0: all of it. An estimate tells time, memory and frames.",
        effect="restart",
    )
    clips: int = knob(
        600, 10, 10000, log=True, help="Training clips; the other splits have a fifth", effect="restart"
    )
    seed: int = knob(0, 0, 2**31 - 1, help="Another seed, another corpus", effect="restart")
    features: str = knob(
        "logmel",
        choices=("logmel", "mfcc", "raw"),
        help="What the network hears; raw: the samples themselves, a block of them a frame",
        effect="restart",
    )
    win_ms: float = knob(
        25.0,
        4.0,
        128.0,
        step=1.0,
        unit="ms",
        label="window",
        help="How much sound a frame of the features hears",
        effect="restart",
    )
    hop_ms: float = knob(
        10.0,
        2.0,
        20.0,
        step=1.0,
        unit="ms",
        label="stride",
        help="How long after a frame the next one comes",
        effect="restart",
    )
    top: float = knob(
        8000.0,
        2000.0,
        8000.0,
        log=True,
        unit="Hz",
        label="highest frequency",
        help="Up to where the mel bands reach: half a sample rate, so 4000 Hz is what is left at one of 8 kHz",
        effect="restart",
    )
    coefficients: int = knob(
        13, 8, 40, label="MFCC", help="How many cepstral coefficients a frame has, where these are the features",
        effect="restart",
    )  # fmt: skip
    levelled: bool = knob(
        True,
        label="normalised",
        help="Each feature less its running mean and over its spread: loudness and microphone then hardly count",
        effect="restart",
    )
    source: str = knob(
        "real",
        choices=("real", "mock"),
        help="Features of the sound, or mock ones of the same shape, painted around a mean of each phoneme",
        effect="restart",
    )
    delay: int = knob(
        8,
        0,
        20,
        unit="frames",
        help="How long after its sound a phoneme is named; a causal network hears that much of what follows",
        effect="restart",
    )
    worst: float = knob(0.0, -20.0, 40.0, unit="dB", help="The lowest SNR in training", effect="restart")
    clean: float = knob(0.25, 0.0, 1.0, help="Share of training clips without noise", effect="restart")
    speeds: bool = knob(False, help="Training clips at 0.9, 1.0 and 1.1 times their speed", effect="restart")


def build(settings: Settings) -> Phonemes:
    return Phonemes(settings)


class Phonemes(Labelling):
    """Frame labelling of the synthetic corpus, with an error rate of phonemes by edit distance."""

    def __init__(self, settings: Settings) -> None:
        corpora: Any = catalog.load("corpora", "phonemes")
        keys = ("phonemes", "words", "clips", "seed")
        corpus = corpora.build(corpora.Settings(**{key: getattr(settings, key) for key in keys}))
        names = corpora.vocabulary(settings.phonemes)
        hearing = Hearing(**{each.name: getattr(settings, each.name) for each in fields(Hearing)})
        super().__init__(settings, corpus, names, hearing, settings.longest)

    def features(
        self, sound: NDArray[np.float32], labels: Sequence[Label]
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Features [T, F] and the class of each frame [T]; mock ones know of the sound only what it says."""
        frames, classes = super().features(sound, labels)
        if self.settings.source == "mock":
            frames = mock.features(classes, len(self.vocabulary) - 1, frames.shape[1])
        return frames, classes

    def pinned(self) -> Clip:
        return asset.open_bundled("phonemes")
