"""Fitted: the clips of a corpus at one rate and of one length, as networks of single words hear them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from engine.clip import Label, from_array
from engine.drawn import Drawn

if TYPE_CHECKING:
    from engine.clip import Clip


class Fitted:
    """A corpus whose clips are mono, at `rate` samples a second and `seconds` long.

    Shorter ones are filled up with silence at their end, longer ones cut. A label is of the whole clip. Of those
    of training there are at most `most`, drawn once.
    """

    def __init__(self, corpus: Any, rate: int, seconds: float = 1.0, most: int = 1 << 30) -> None:
        self._corpus, self.rate, self.seconds, self._most = corpus, rate, seconds, most
        self.licence: str = corpus.licence

    def split(self, name: str) -> Drawn:
        """Raises LookupError for an unknown split, CorpusMissing."""
        clips = self._corpus.split(name)
        order = np.arange(len(clips))
        if name == "train" and len(clips) > self._most:
            order = np.random.default_rng(0).permutation(len(clips))[: self._most]
        return Drawn(len(order), lambda index: fit(clips[int(order[index])], self.rate, self.seconds))


def fit(clip: Clip, rate: int, seconds: float) -> Clip:
    """One clip, mono, at this rate and of this length."""
    import soxr

    mono = clip.read().mean(axis=1, dtype=np.float32)
    if clip.rate != rate:
        mono = soxr.resample(mono, clip.rate, rate).astype(np.float32)
    count = round(seconds * rate)
    made = np.zeros(count, np.float32)
    made[: min(count, len(mono))] = mono[:count]
    labels = tuple(Label(0.0, seconds, label.text, label.tier) for label in clip.labels)
    return from_array(made, rate, clip.name, labels)
