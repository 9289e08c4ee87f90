"""Wet and dry: what a denoiser made, mixed with the noisy sound, sample by sample and at once.

Of the noisy sound x and what a denoiser made of it e, both aligned to the sample, d = x - e is what it takes away.
Heard is x - (1 - keep q) (K * d), where q says how surely nobody speaks, and the filter K (engine/limits.py) how
much of each frequency is taken away: wet (1 - floor). A gain G so becomes G + (1 - K) (1 - G), never less than the
floor where wet is 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine import limits
from engine.ratio import RATE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.clip import Clip
    from engine.limits import Options

    Array = NDArray[np.float32]

GLIDE = 0.01
"""Seconds in which one filter becomes another: a jump would be heard as a click."""


class Taken:
    """What a denoiser takes away, [n] in, and what of it is taken away, [m] out: `behind` samples later."""

    def __init__(self, rate: int, options: Options) -> None:
        self._rate = rate
        self._most = round(limits.REACH * rate)
        self._from = self._goal = limits.taps(options, rate)
        self._glided = 1.0
        self._seen = np.zeros(self._most, np.float32)

    @property
    def behind(self) -> int:
        both = (self._goal,) if self._glided >= 1.0 else (self._from, self._goal)
        return max(map(len, both)) // 2

    def turn(self, options: Options) -> None:
        """Other options, gliding, from the next sample that comes out on."""
        goal = limits.taps(options, self._rate)
        if np.array_equal(goal, self._goal):
            return
        one, other = _centred(self._from, self._goal)
        self._from = one + self._glided * (other - one)
        self._goal, self._glided = goal, 0.0

    def push(self, block: Array, last: bool = False) -> Array:
        """`last`: this is the end of the sound, and all comes out."""
        end = np.zeros(self.behind if last else 0, np.float32)
        self._seen = np.concatenate([self._seen, block, end])
        count = len(self._seen) - self._most - self.behind
        if count <= 0:
            return np.zeros(0, np.float32)
        out, gliding = self._through(self._goal, count), self._glided < 1.0
        if gliding:
            share = np.minimum(1.0, self._glided + np.arange(1, count + 1) / (GLIDE * self._rate))
            before = self._through(self._from, count)
            out, self._glided = before + share * (out - before), float(share[-1])
        self._seen = self._seen[count:]
        if gliding and not last and self._glided >= 1.0:  # it may be behind by less now
            out = np.concatenate([out, self.push(block[:0])])
        return np.asarray(out, np.float32)

    def _through(self, taps: Array, count: int) -> Array:
        reach = len(taps) // 2
        begin = self._most - reach
        return np.convolve(self._seen[begin : begin + count + 2 * reach], taps, "valid")


def _centred(one: Array, other: Array) -> tuple[Array, Array]:
    """Two filters at the length of the longer."""
    most = max(len(one), len(other))
    both = (np.pad(each, (most - len(each)) // 2) for each in (one, other))
    return next(both), next(both)


@dataclass(frozen=True, eq=False)
class Mixed:
    """A source: the noisy sound and what a denoiser made of it, mixed as it is read; or what that takes away.

    `quiet` [T] says how surely nobody speaks, 0 to 1; value k is that of (k + 0.5) / RATE seconds.
    """

    noisy: Clip
    made: Clip
    quiet: Array
    options: Options
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
        stop = max(start, min(stop, self.frames))
        taps = limits.taps(self.options, self.rate)
        reach = len(taps) // 2
        begin, end = max(0, start - reach), min(self.frames, stop + reach)
        made = self.made.read(begin, end)
        away = self.noisy.read(begin, end) - made
        if start == stop:
            return away[:0]
        around = (reach - (start - begin), reach - (end - stop))
        padded = np.pad(away, (around, (0, 0)))
        taken = np.stack([np.convolve(channel, taps, "valid") for channel in padded.T], axis=1)
        taken *= self._share(start, stop - start)[:, None]
        inside = slice(start - begin, stop - begin)
        return taken if self.removed else made[inside] + (away[inside] - taken)

    def _share(self, start: int, count: int) -> Array:
        if not self.options.keep or not len(self.quiet):
            return np.ones(count, np.float32)
        at = np.arange(start, start + count) * (RATE / self.rate) - 0.5
        quiet = np.interp(at, np.arange(len(self.quiet)), self.quiet)
        return np.asarray(1.0 - self.options.keep * quiet, np.float32)
