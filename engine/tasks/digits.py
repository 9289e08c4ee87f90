"""Spoken digits: write down a string of digits as it is said, whoever says it, whatever is heard besides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import ctc
from engine.clip import Label
from engine.digitstrings import AUGMENT, HOP, METRIC, TIER, DigitStrings, Heard
from engine.knob import knob

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from engine.tasks.task import Batch

    Array = NDArray[np.float32]

__all__ = ["AUGMENT", "HOP", "METRIC", "TIER", "Digits", "Settings", "build"]

_LATE = 0.1  # seconds after its end in which a digit may still be named

# Found on the voices of validation, in noise: networks trained where silence abounds rather say nothing.
_TIMID = 1.0  # nats that a digit is given over silence
_APART = 0.22  # seconds between the beginnings of two digits


@dataclass(frozen=True)
class Settings(Heard):
    """The knobs of the task."""

    alignment: float = knob(
        1.0,
        0.0,
        10.0,
        help="Weight of CTC, which reads the whole string, beside the frames' own loss",
        effect="restart",
    )


def build(settings: Settings) -> Digits:
    return Digits(settings)


class Digits(DigitStrings):
    """Digit strings by CTC, with an error rate of digits by edit distance."""

    model = "recurrent"
    vocabulary = ("", *"0123456789")

    def loss(self, y: Any, out_lengths: Any, batch: Batch) -> Mapping[str, Any]:
        """Nats a digit: of naming it in each frame of its second half, and of the whole string by CTC.

        CTC alone learns slowly, and names a digit anywhere; where the digits lie is known here, so that a label
        counts only while its digit sounds, or up to 0.1 s later.
        """
        from engine import alignment

        stride = batch.x.shape[1] / y.shape[1]
        late = _LATE * self.rate / HOP
        return alignment.losses(y, out_lengths, batch, stride, late, self.settings.alignment)

    def decode(self, logits: Array, seconds_per_frame: float) -> tuple[Label, ...]:
        """The digits of logits [T, C], each from the frame in which it is first named to the last.

        A digit named within 0.22 s of the one before is that one, better understood.
        """
        fair = np.asarray(logits, np.float32).copy()
        fair[:, ctc.BLANK] -= _TIMID
        odds = np.exp(fair - fair.max(axis=1, keepdims=True))
        runs = ctc.revised(ctc.greedy(fair), odds / odds.sum(axis=1, keepdims=True), _APART / seconds_per_frame)
        return tuple(
            Label(run.start * seconds_per_frame, run.stop * seconds_per_frame, self.vocabulary[run.label], TIER)
            for run in runs
        )
