"""Resampling of a sound that comes in blocks, and how late it makes it."""

from __future__ import annotations

import functools
import math

import numpy as np
import soxr


def stream(source: float, target: float, channels: int) -> soxr.ResampleStream:
    """A new soxr stream from one rate to the other, aligned to the first sample."""
    return soxr.ResampleStream(source, target, channels, dtype="float32", quality="HQ")


@functools.cache
def delay(source: float, target: float) -> int:
    """How many samples soxr holds back at most, measured: it depends on its inner stages and is not told."""
    pushed = stream(source, target, 1)
    step, out, most = 16, 0, 0.0
    silence = np.zeros((step, 1), np.float32)
    for n in range(step, int(source * 0.5) + step, step):
        out += len(pushed.resample_chunk(silence))
        most = max(most, n - out * source / target)
    return math.ceil(most) + 2 * step
