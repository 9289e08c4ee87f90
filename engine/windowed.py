"""In windows: a denoiser that needs the whole sound, heard live over and over on the last seconds, and late."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.denoisers.denoiser import Denoiser, Mask

    Array = NDArray[np.float32]

PAST, STEP, AHEAD, FADE = 2.0, 0.25, 0.25, 0.02
"""Seconds of a window before what is taken of it, those that are taken, those after them; and of the crossfade."""
LATE = STEP + AHEAD + FADE
"""Seconds that it is late by."""


class Windowed:
    """A Denoiser (see engine/denoisers/denoiser.py) with a finite latency, made of one that has none.

    Of every window only what lies PAST seconds from its beginning and AHEAD seconds from its end is taken, so that
    the middle is what the whole sound would have given, as far as the denoiser looks no further than that.
    """

    def __init__(self, denoiser: Denoiser) -> None:
        self.denoiser, self.rate, self.parameters = denoiser, denoiser.rate, denoiser.parameters
        self._past, self._step, self._ahead, self._fade = (
            round(each * denoiser.rate) for each in (PAST, STEP, AHEAD, FADE)
        )
        self.latency: int | None = self._step + self._ahead + self._fade
        self.reset()

    def reset(self) -> None:
        self.denoiser.reset()
        self._sound = np.zeros(0, np.float32)
        self._begin = self._done = 0  # of `_sound`, and of what came out, in samples since the beginning
        self._tail = np.zeros(0, np.float32)

    def push(self, block: Array) -> Array:
        self._sound = np.concatenate([self._sound, np.asarray(block, np.float32)])
        made = [self._sound[:0]]
        while self._begin + len(self._sound) >= self._done + self._step + self._fade + self._ahead:
            made.append(self._window(self._done + self._step, self._done + self._step + self._fade + self._ahead))
        return np.concatenate(made)

    def flush(self) -> Array:
        end = self._begin + len(self._sound)
        rest = self._window(end, end) if end > self._done else self._sound[:0].copy()
        self.reset()
        return rest

    def mask(self) -> Mask | None:
        return None

    def _window(self, upto: int, end: int) -> Array:
        """What comes out up to a sample, from a window that ends at another."""
        heard = self._sound[: end - self._begin]
        self.denoiser.reset()
        made = np.concatenate([self.denoiser.push(heard), self.denoiser.flush()])
        self.denoiser.mask()  # nobody asks for it: it is not to pile up
        found = made[self._done - self._begin : upto - self._begin].copy()
        fade = min(len(self._tail), len(found))
        rise = np.arange(1, fade + 1, dtype=np.float32) / np.float32(fade + 1)
        found[:fade] = self._tail[:fade] + rise * (found[:fade] - self._tail[:fade])
        self._tail = made[upto - self._begin : upto - self._begin + self._fade].copy()
        gone = max(0, upto - self._past - self._begin)
        self._sound, self._begin, self._done = self._sound[gone:], self._begin + gone, upto
        return found
