"""Pieces: sound of any rate and length as stretches of one length, resampled, cut and filled up with silence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import soxr

if TYPE_CHECKING:
    from numpy.typing import NDArray

RATE = 16000
SECONDS = 5.0


def pieces(
    sound: NDArray[np.float32], rate: float, seconds: float = SECONDS, wanted: int = RATE
) -> NDArray[np.float32]:
    """Sound [n] or [n, channels] at `rate` as [pieces, seconds * wanted samples]; nothing of it is lost.

    Channels are mixed. The last piece ends in silence, and empty sound is one silent piece. Raises ValueError
    where a rate or the length of a piece is not above 0, and where samples are no numbers.
    """
    size = round(seconds * wanted)
    if rate <= 0 or size < 1:
        raise ValueError(f"a piece of {seconds} s at {wanted} Hz of sound at {rate} Hz is no piece")
    if not np.isfinite(sound).all():
        raise ValueError("the sound holds samples that are no numbers; load or record it again")
    mono = sound if sound.ndim == 1 else sound.mean(axis=1, dtype=np.float32)
    if rate != wanted and len(mono):
        mono = soxr.resample(mono, rate, wanted)
    count = max(1, -(-len(mono) // size))
    out = np.zeros((count, size), np.float32)
    out.reshape(-1)[: len(mono)] = mono
    return out
