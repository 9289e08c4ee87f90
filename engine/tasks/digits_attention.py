"""Spoken digits by attention: the whole string is heard, then its digits are written, one after another.

What CTC does in the task `digits` an encoder and decoder does here (W. Chan and others, Listen, Attend and Spell,
2016): no frame has a digit, and where the decoder looks for each is found by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.digitstrings import AUGMENT, HOP, METRIC, TIER, DigitStrings, Heard
from engine.ended import END, Ended, spread
from engine.tasks.task import Batch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engine.clip import Label
    from engine.digitstrings import Item

    Array = NDArray[np.float32]

__all__ = ["AUGMENT", "METRIC", "TIER", "DigitsByAttention", "Settings", "build"]


@dataclass(frozen=True)
class Settings(Heard):
    """The knobs of the task: those of its corpus, and how hard training is made."""


def build(settings: Settings) -> DigitsByAttention:
    return DigitsByAttention(settings)


class DigitsByAttention(Ended, DigitStrings):
    """Digit strings with an end. A digit is a word, so that its error rate (DER) is that of words."""

    model = "seq2seq"
    vocabulary = (END, *"0123456789")
    hop, window = 3 * HOP, 6 * HOP
    """30 ms, as other networks for digits hear three frames at once: a decoder looks over fewer of them."""

    def collate(self, items: Sequence[Item], rng: np.random.Generator | None = None) -> Batch:
        """Items as one batch; what is written is padded with ends, one of which counts."""
        batch = super().collate(items, rng)
        counts = batch.target_lengths + 1
        targets = np.pad(batch.targets, ((0, 0), (0, 1)))[:, : counts.max()]
        return Batch(batch.x, batch.lengths, targets, counts)

    def decode(self, logits: Array, seconds_per_frame: float) -> tuple[Label, ...]:
        """The digits of logits [U, C] up to the end, evenly spread: the attention tells where they are."""
        return spread(self.read(logits), seconds_per_frame, self.hop / self.rate / 2, TIER)
