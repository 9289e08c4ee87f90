"""Pauses of speech, by what a denoiser leaves: there the background may be kept."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from engine.ratio import RATE, Ratio

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

_PAUSE, _SPEECH = -9.0, -5.0
"""Decibels that a denoiser leaves of a sound in which nobody speaks, or somebody does."""
_SLOW, _QUICK = 12, 3
"""Hundredths of a second to either side over which pauses are smoothed; live, once they are told."""
_HOLD = 25
"""Hundredths of a second around speech that are no pause: nor is what lies between two words."""
_OVER = 0.015
"""Seconds after which the live curve is known at a moment, whatever the blocks."""


def curve(rate: int) -> Ratio:
    """How surely nobody speaks, 0 to 1, from what lies around each moment."""
    return Ratio(rate, _SLOW, _of, _HOLD)


def live(rate: int) -> Ratio:
    """The same from what lies before each moment: a pause is told 0.9 s late, speech 0.12 s."""
    return Ratio(rate, _SLOW, _of, _HOLD, past=_QUICK)


def lag(rate: int) -> int:
    """Samples by which the live curve has to be read behind, so that no block size changes it."""
    return math.ceil(_OVER * rate)


def whole(noisy: Array, made: Array, rate: int) -> Array:
    """Of a whole sound [n] and what a denoiser made of it: [T]; value k is that of (k + 0.5) / RATE seconds."""
    found = curve(rate)
    found.push(noisy, made)
    found.flush()
    return found.at(0, 2 * math.ceil(len(made) / rate * RATE), 2 * RATE)[1::2]


def _of(ratio: Array) -> Array:
    """By what a denoiser leaves of the power."""
    return np.clip((_SPEECH - 10.0 * np.log10(ratio)) / (_SPEECH - _PAUSE), 0.0, 1.0)
