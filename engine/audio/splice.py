"""The splice: a stretch of sound taken out so that nobody hears where."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

FADE = 0.005
"""Seconds of a crossfade."""


def without(sound: NDArray[np.float32], start: int, count: int, fade: int) -> NDArray[np.float32]:
    """Samples [n] less `count` of them from `start` on, with a crossfade over `fade` samples, fewer at the end."""
    count = min(count, len(sound) - start)
    fade = min(fade, len(sound) - start - count)
    rise = (np.arange(1, fade + 1, dtype=np.float32)) / np.float32(fade + 1)
    before, after = sound[start : start + fade], sound[start + count : start + count + fade]
    joint = before + rise * (after - before)
    return np.concatenate([sound[:start], joint, sound[start + count + fade :]])
