"""Stretches: a sound in pieces that a recogniser can read at once, cut where it is quietest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Array = NDArray[np.float32]

SILENT = 3e-4
"""The peak, about -70 dB of full scale, below which nobody speaks."""
_SHORTEST = 0.08
"""Seconds in which nothing is said: less than a vowel."""
_LOOK = 0.1
"""Seconds that are looked at for the quietest place."""


def stretches(sound: Array, rate: int, longest: float) -> Iterator[tuple[float, Array]]:
    """Where each piece of sound [n] begins, in seconds, and the piece, at most `longest` seconds.

    Samples that are no finite numbers count as silence; pieces in which there is nothing are left out. Raises
    ValueError for a sound that is not mono.
    """
    if sound.ndim != 1:
        raise ValueError(f"a recogniser hears mono sound [n], and this is {list(sound.shape)}; mix its channels")
    start, most = 0, round(longest * rate)
    while start < len(sound):
        stop = len(sound)
        if stop - start > most:
            stop = quietest(sound, rate, start + most // 2, start + most)
        piece = clean(sound[start:stop])
        if len(piece) >= _SHORTEST * rate and np.abs(piece).max(initial=0.0) > SILENT:
            yield start / rate, piece
        start = stop


def quietest(sound: Array, rate: int, start: int, stop: int) -> int:
    """The sample between `start` and `stop` around which a tenth of a second is quietest."""
    size = max(1, round(_LOOK * rate))
    power = np.square(clean(sound[start:stop]), dtype=np.float64)
    if len(power) <= size:
        return (start + stop) // 2
    summed = np.r_[0.0, np.cumsum(power)]
    return start + int(np.argmin(summed[size:] - summed[:-size])) + size // 2


def clean(sound: Array) -> Array:
    """A copy with zeros for what is no finite number, and inside -1 to 1."""
    return np.clip(np.nan_to_num(sound, nan=0.0, posinf=0.0, neginf=0.0), -1.0, 1.0).astype(np.float32)
