"""Wet and dry: what a denoiser made, mixed with the noisy sound, sample by sample and at once.

Of the noisy sound x and what a denoiser made of it e, both aligned to the sample, is heard e + a (x - e). The
share a is 0 where only the denoiser counts. It has three reasons: the dry part of the mix; the attenuation limit,
for a gain G becomes a + (1 - a) G and so is never less than a; and the background kept in pauses of the speech.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.trace import Series

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.clip import Clip

    Array = NDArray[np.float32]

RATE = 100.0
"""Values a second by which pauses are told."""
_UNDER = 30.0  # dB under the loud speech at which a moment is a pause
_QUIET = -70.0  # dB of full scale under which there is no speech
_LONG = 20  # values: what is shorter than 0.2 s is no pause, and pauses begin and end as slowly as that
NONE = 100.0
"""The limit in decibels that is none."""


def share(options: Any, pauses: NDArray[np.floating]) -> Array:
    """a of the noisy sound for each value of `pauses`, 0 to 1, by the knobs wet, limit and keep."""
    floor = 0.0 if options.limit >= NONE else 10.0 ** (-options.limit / 20.0)
    wet = options.wet * (1.0 - options.keep * np.asarray(pauses, np.float32))
    return np.asarray(1.0 - (1.0 - floor) * wet, np.float32)


def pauses(made: NDArray[np.floating], rate: float, start: float = 0.0) -> Series:
    """How surely nobody speaks in what a denoiser made [n], 0 to 1, [T, 1]; its first sample lies at `start`."""
    hop = rate / RATE
    edges = (np.arange(int(len(made) / hop)) * hop).astype(int)
    power = np.add.reduceat(np.square(made, dtype=np.float64), edges) / hop if len(edges) else np.zeros(0)
    level = 10.0 * np.log10(power + 1e-12)
    loud = np.percentile(level, 95) - _UNDER if len(level) else _QUIET
    spoken = (level > max(loud, _QUIET)).astype(float)
    # What is near speech belongs to it; then a slope to both sides, so that nothing jumps.
    near = np.convolve(spoken, np.ones(_LONG + 1), "same")[: len(spoken)] > 0.5
    slope = np.hanning(_LONG + 2)[1:-1]
    padded = np.pad(near.astype(float), len(slope), "edge")
    smooth = np.convolve(padded, slope / slope.sum(), "same")[len(slope) : len(slope) + len(near)]
    quiet = np.clip(1.0 - smooth, 0.0, 1.0).astype(np.float32)
    return Series(quiet[:, None], RATE, start + 0.5 / RATE, "pause", low=0.0, high=1.0)


@dataclass(frozen=True, eq=False)
class Mixed:
    """A source: the noisy sound and what a denoiser made of it, mixed as it is read; or what that takes away.

    `quiet` [T] are the values of `pauses`, the first of them for the first hundredth of a second.
    """

    noisy: Clip
    made: Clip
    quiet: Array
    options: Any
    removed: bool = False

    @property
    def rate(self) -> int:
        return self.made.rate

    @property
    def channels(self) -> int:
        return self.made.channels

    @property
    def frames(self) -> int:
        return self.made.frames

    def read(self, start: int, stop: int) -> Array:
        noisy, made = self.noisy.read(start, stop), self.made.read(start, stop)
        part = self._share(start, len(made))[:, None]
        taken = noisy - made
        return np.subtract(taken, part * taken) if self.removed else np.add(made, part * taken)

    def _share(self, start: int, count: int) -> Array:
        if not self.options.keep or not len(self.quiet):
            return np.broadcast_to(share(self.options, np.zeros(1)), count)
        at = (np.arange(start, start + count) + 0.5) * (RATE / self.rate) - 0.5
        quiet = np.interp(at, np.arange(len(self.quiet)), self.quiet)
        return share(self.options, quiet)
