"""The jitter buffer: sound that comes in bursts, by one clock, kept ready for a loudspeaker that has another."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from engine.audio.line import Line
from engine.audio.sinc import Sinc
from engine.audio.splice import FADE, without

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.audio.port import Output

    Array = NDArray[np.float32]

FIRST, LEAST, MOST = 0.03, 0.005, 0.25
"""Seconds kept ready: at first, and between these as the need is seen."""
SAFE = 0.008
"""Seconds that are to be left at the lowest moment."""
LOOK = 0.5
"""Seconds of sound between two looks at how much is left."""
LONG = 60
"""Looks without trouble after which less is kept ready, if less was needed."""
STILL = 0.002
"""Seconds of difference that need no correction."""
FAR = 0.06
"""Seconds too many from which on they are cut out at once: to play faster would take too long."""
GAIN, BENT = 0.1, 0.005
"""How much faster to play for each second too many; and how much faster or slower at the most (8 cents)."""


class Jitter:
    """Mono sound at `rate` into an Output, with about `target` seconds left there whenever more comes.

    What is left when more comes is looked at, for that is what a delay may take. Where two clocks drift apart, the
    sound is played a little faster or slower; far too much is cut out, too little filled with silence.
    """

    def __init__(self, port: Output, rate: float, target: float = 0.0) -> None:
        """`target` in seconds; 0: it finds out how much it needs."""
        self.line = Line(port)
        self.target = target or FIRST
        self._starved = self._ignored = 0
        self.cut = self.filled = 0.0
        """Seconds of sound that were left out, and of silence that were put in after an underrun."""
        self.level = 0.0
        """Seconds that were ready after the last writing."""
        self.left = 0.0
        """Seconds that were left before, on average."""
        self._fixed = bool(target)
        self._rate = port.rate
        self._resampler = Sinc(rate, port.rate)
        self._held = np.zeros(0, np.float32)
        self._skip = 0
        self._begun = False
        self._lowest, self._seen = math.inf, 0
        self._spare: list[float] = []

    @property
    def underruns(self) -> int:
        """How often the device had to wait for sound from here, or from the system itself."""
        return self._starved + self.line.port.xruns - self._ignored

    @property
    def drift(self) -> float:
        """How much faster than it came the sound is played, in millionths."""
        return self._resampler.bend * 1e6

    @property
    def latency(self) -> float:
        """Seconds from `write` to the ear: that the sound comes in blocks is in the latency of the microphone."""
        return self.left + self._resampler.late + self.line.port.latency

    def keep(self, target: float) -> None:
        """Keep so many seconds ready from now on; 0: as the need is seen."""
        self._fixed, self.target = bool(target), target or self.target

    def gone(self) -> bool:
        """Whether the device has failed, or has long taken nothing of what waits for it."""
        return self.line.gone()

    def write(self, block: Array) -> None:
        """Queue samples [n]."""
        sound = self._without(self._resampler.push(block))
        if not len(sound):
            return
        queued = self.line.port.queued
        if queued == 0:
            sound = self._refill(sound)
        share = min(1.0, len(sound) / self._rate)  # of the last second
        self.left += (queued / self._rate - self.left) * (share if self.left else 1.0)
        if self.line.written < self._rate:
            self._ignored = self.line.port.xruns
        self._look(queued / self._rate, len(sound))
        self._put(sound)
        self.level = (queued + len(sound)) / self._rate

    def _put(self, sound: Array) -> None:
        stereo = np.repeat(np.clip(sound, -1, 1)[:, None], self.line.port.channels, axis=1)
        self.line.write(stereo)

    def _refill(self, sound: Array) -> Array:
        """Nothing is left, as at the beginning: silence first, then the sound, which fades in."""
        if self._begun and self.line.written > self._rate:  # devices take a second until they run evenly
            self._starved += 1
            self.filled += self.target
            self._lowest, self._spare = math.inf, []
            if not self._fixed:
                self.target = min(MOST, 1.5 * self.target)
        self._begun = True
        fade = min(round(FADE * self._rate), len(sound))
        sound[:fade] *= np.arange(1, fade + 1, dtype=np.float32) / np.float32(fade)
        return np.concatenate([np.zeros(round(self.target * self._rate), np.float32), sound])

    # How much is left, and what is done about it.

    def _look(self, left: float, count: int) -> None:
        """`left` seconds were there before these `count` samples."""
        if left > 0:
            self._lowest = min(self._lowest, left)
        self._seen += count
        if self._seen < LOOK * self._rate or self._lowest == math.inf:
            return
        lowest, self._lowest, self._seen = self._lowest, math.inf, 0
        away = lowest - self.target
        if away > FAR:
            self._skip, self._resampler.bend = round(away * self._rate), 0.0
        else:
            self._resampler.bend = min(max(GAIN * away, -BENT), BENT) if abs(away) > STILL else 0.0
        self._spare.append(lowest - SAFE)
        if len(self._spare) >= LONG:
            spare, self._spare = min(self._spare), []
            if not self._fixed and spare > 0:
                self.target = max(LEAST, self.target - spare / 2)

    def _without(self, sound: Array) -> Array:
        """Cut out what is too much, as soon as all of it has come."""
        if not self._skip and not len(self._held):
            return sound
        fade = round(FADE * self._rate)
        self._held = np.concatenate([self._held, sound])
        if len(self._held) < self._skip + fade:
            return sound[:0]
        sound = without(self._held, 0, self._skip, fade)
        self.cut += self._skip / self._rate
        self._held, self._skip, self._seen, self._lowest = self._held[:0], 0, 0, math.inf
        return sound
