"""Lengths: sound of any duration made to fit, cut into pieces, and joined again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import soxr

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.clip import Clip

Policy = Literal["pad", "loop", "trim"]
"""What fills a clip that is too short: silence, the clip again, or nothing. What is too long is always cut."""


def fit(
    samples: NDArray[np.float32], frames: int, policy: Policy = "pad"
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Samples [n, ...] made exactly `frames` long, and a mask [frames] that is False on padding.

    With "trim" a sound that is too short stays as it is. Raises ValueError where there is nothing to loop.
    """
    if len(samples) >= frames or policy == "trim":
        return samples[:frames], np.ones(min(frames, len(samples)), bool)
    if policy == "loop":
        if len(samples) == 0:
            raise ValueError("an empty sound cannot be looped")
        return np.resize(samples, (frames, *samples.shape[1:])), np.ones(frames, bool)
    padding = [(0, frames - len(samples))] + [(0, 0)] * (samples.ndim - 1)
    return np.pad(samples, padding), np.arange(frames) < len(samples)


def split(samples: NDArray[np.float32], size: int, overlap: int = 0) -> tuple[NDArray[np.float32], ...]:
    """Pieces of `size` frames, each beginning `overlap` frames before the last one ends; the last may be short.

    Raises ValueError unless 0 <= overlap < size.
    """
    if not 0 <= overlap < size:
        raise ValueError(f"the overlap must be at least 0 and below the size of {size}, not {overlap}")
    starts = range(0, max(len(samples) - overlap, 1), size - overlap)
    return tuple(samples[start : start + size] for start in starts)


def join(pieces: tuple[NDArray[np.float32], ...], overlap: int = 0) -> NDArray[np.float32]:
    """What `split` was given: the pieces one after the other, without what they have in common."""
    return np.concatenate([pieces[0], *(piece[overlap:] for piece in pieces[1:])])


def pieces(
    clip: Clip, rate: int = 16_000, seconds: float = 5.0, policy: Policy = "pad"
) -> tuple[tuple[NDArray[np.float32], NDArray[np.bool_]], ...]:
    """A clip as mono pieces at `rate` of exactly `seconds`, each with its mask: nothing is cut away."""
    mono = clip.read().mean(axis=1, dtype=np.float32)
    if clip.rate != rate:
        mono = soxr.resample(mono, clip.rate, rate).astype(np.float32, copy=False)
    frames = round(rate * seconds)
    return tuple(fit(piece, frames, policy) for piece in split(mono, frames))
