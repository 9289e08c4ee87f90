"""Wet and dry: what a denoiser made, mixed with the noisy sound, sample by sample and at once.

Of the noisy sound x and what a denoiser made of it e, both aligned to the sample, is heard e + a (x - e). The
share a is 0 where only the denoiser counts. It has three reasons: the dry part of the mix; the attenuation limit,
for a gain G becomes a + (1 - a) G and so is never less than a; and the background kept in pauses of the speech.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.ratio import RATE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.clip import Clip

    Array = NDArray[np.float32]

NONE = 100.0
"""The limit in decibels that is none."""


def share(options: Any, pauses: NDArray[np.floating]) -> Array:
    """a of the noisy sound for each value of `pauses`, 0 to 1, by the knobs wet, limit and keep."""
    floor = 0.0 if options.limit >= NONE else 10.0 ** (-options.limit / 20.0)
    wet = options.wet * (1.0 - options.keep * np.asarray(pauses, np.float32))
    return np.asarray(1.0 - (1.0 - floor) * wet, np.float32)


@dataclass(frozen=True, eq=False)
class Mixed:
    """A source: the noisy sound and what a denoiser made of it, mixed as it is read; or what that takes away.

    `quiet` [T] says how surely nobody speaks, 0 to 1; value k is that of (k + 0.5) / RATE seconds.
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
        at = np.arange(start, start + count) * (RATE / self.rate) - 0.5
        quiet = np.interp(at, np.arange(len(self.quiet)), self.quiet)
        return share(self.options, quiet)
