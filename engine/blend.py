"""The mix of what a denoiser gives and what it was given: aligned to the sample, and changed without a click."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.audio.wave import plausible

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.denoisers.denoiser import Denoiser

    Array = NDArray[np.float32]

GLIDE = 0.01
"""Seconds in which a share goes from 0 to 1: a jump would be heard as a click."""


def share(wet: float, limit: float) -> float:
    """The share of the enhanced sound, 0 to 1, in the mix that is heard.

    `wet` is what was asked for; with a `limit` in dB nothing is lowered by more than that, for
    10^(-limit/20) of what came in is always there. From 100 dB on there is no limit.
    """
    return wet * (1.0 - (10 ** (-limit / 20) if limit < 100 else 0.0))


class Glide:
    """A factor that follows its goal sample by sample, so that blocks of any size give the same."""

    def __init__(self, rate: float, value: float = 1.0) -> None:
        self.goal = value
        self._now = value
        self._slope = 1.0 / (GLIDE * rate)

    def next(self, count: int) -> Array | float:
        """The factors [count] of the next samples; one number where all are the same."""
        way = self.goal - self._now
        if way == 0.0:
            return self._now
        steps = np.arange(1, count + 1) * self._slope
        values = self._now + np.sign(way) * np.minimum(steps, abs(way))
        self._now = float(values[-1]) if count else self._now
        return values.astype(np.float32)


class Path:
    """A denoiser and the mix. What is mixed never touches what the denoiser remembers: no knob can reset it.

    Damaged samples (no numbers, or beyond any sound) are taken as 0 and counted in `damaged`. Where the denoiser
    itself gives no numbers, the sound as it came is heard, the denoiser begins anew, and `lost` counts that.
    """

    def __init__(self, denoiser: Denoiser, amount: float = 1.0) -> None:
        self.denoiser = denoiser
        self.damaged = self.lost = 0
        self._amount = Glide(denoiser.rate, amount)
        self._dry = np.zeros(0, np.float32)

    def turn(self, amount: float) -> None:
        """From the next sample on, glide to this share of the enhanced sound."""
        self._amount.goal = amount

    def push(self, block: Array) -> tuple[Array, Array]:
        """Samples [n] in; what went in and what is heard of the same moments, both [m]."""
        clean = plausible(np.asarray(block, np.float32))
        if clean is not block:
            self.damaged += int(np.count_nonzero(~(np.abs(block) < 1e6)))
        self._dry = np.concatenate([self._dry, clean])
        return self._mixed(self.denoiser.push(clean))

    def flush(self) -> tuple[Array, Array]:
        """What is still inside, as if the sound ended here."""
        return self._mixed(self.denoiser.flush())

    def _mixed(self, wet: Array) -> tuple[Array, Array]:
        if not np.isfinite(wet).all():
            self.lost += 1
            self.denoiser.reset()
            wet = self._dry  # what was inside is gone with it
        dry, self._dry = self._dry[: len(wet)], self._dry[len(wet) :]
        amount = self._amount.next(len(wet))
        return dry, np.asarray(amount * wet + (1.0 - amount) * dry, np.float32)
