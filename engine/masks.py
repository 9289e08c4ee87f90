"""Masks: rectangles of features, drawn at random by a policy of SpecAugment (arXiv 1904.08779), and time warp."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.stages.specaugment import Settings

# Name: (W, F, mF, T, p, mT) of table 1 of the paper. W is not taken from here: time warp is off unless asked for.
POLICIES = {
    "LB": (80, 27, 1, 100, 1.0, 1),
    "LD": (80, 27, 2, 100, 1.0, 2),
    "SM": (40, 15, 2, 70, 0.2, 2),
    "SS": (40, 27, 2, 70, 0.2, 2),
}
LISTED = "; ".join(
    f"{name}: F {high}, mF {bands}, T {long}, mT {times}, p {share:g}"
    for name, (_, high, bands, long, share, times) in POLICIES.items()
)
"""The policies in words."""


@dataclass(frozen=True)
class Mask:
    """A rectangle of cells: frames [start, stop) by columns [low, high). `drawn` is its index, or -1."""

    start: int
    stop: int
    low: int
    high: int
    drawn: int = -1


def policy_masks(settings: Settings, frames: int, bins: int, rng: np.random.Generator) -> tuple[Mask, ...]:
    """The random masks of the policy: frequency f ~ U[0, F], time t ~ U[0, min(T, p * frames)]; ends included."""
    if settings.policy == "off" or not frames or not bins:
        return ()
    wide, count_f, long, cap, count_t = (
        POLICIES[settings.policy][1:]
        if settings.policy in POLICIES
        else (settings.freq_width, settings.freq_masks, settings.time_width, settings.cap, settings.time_masks)
    )
    found = []
    for _ in range(int(count_f)):
        size = int(rng.integers(0, min(int(wide), bins) + 1))
        low = int(rng.integers(0, bins - size + 1))
        found.append(Mask(0, frames, low, low + size))
    for _ in range(int(count_t)):
        size = int(rng.integers(0, min(int(long), int(cap * frames)) + 1))
        start = int(rng.integers(0, frames - size + 1))
        found.append(Mask(start, start + size, 0, bins))
    return tuple(found)


def kept(found: tuple[Mask, ...], frames: int, bins: int) -> NDArray[np.bool_]:
    """Which cells [frames, bins] no mask covers."""
    keep = np.ones((frames, bins), bool)
    for each in found:
        keep[each.start : each.stop, each.low : each.high] = False
    return keep


def warp(features: NDArray[np.float32], most: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Features [T, F] with one point moved in time by at most `most` frames, linear between."""
    frames = len(features)
    most = min(most, (frames - 1) // 2 - 1)
    if most < 1:
        return features
    centre = int(rng.integers(most + 1, frames - most - 1))
    shifted = centre + int(rng.integers(-most, most + 1))
    place = np.interp(np.arange(frames), [0, shifted, frames - 1], [0, centre, frames - 1])
    left = np.minimum(place.astype(int), frames - 2)
    part = (place - left).astype(np.float32)[:, None]
    return features[left] * (1 - part) + features[left + 1] * part
