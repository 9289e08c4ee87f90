"""The ring: the last half minute of what the microphone heard, its level, and what a reader has not yet seen."""

from __future__ import annotations

import math
import threading
import time
from typing import TYPE_CHECKING

import numpy as np

from engine.clip import Clip, from_array

if TYPE_CHECKING:
    from numpy.typing import NDArray

Level = tuple[float, float, bool]
"""RMS and peak in decibel below full scale, and whether it was clipped."""

SILENCE = -120.0
_RMS, _PEAK, _CLIP = 0.1, 0.3, 2.0  # seconds that the meter looks back; a clip is shown longest


class Ring:
    """Mono samples at `rate`, the last `seconds` of them. Writing and reading may be on different threads."""

    def __init__(self, rate: int, seconds: float = 30.0) -> None:
        self.rate = rate
        self.total = 0
        """Samples written since the start."""
        self.missed = 0
        """Samples that were overwritten before they were read."""
        self._samples = np.zeros(max(1, round(rate * seconds)), np.float32)
        self._seen = 0
        self._clipped_at = -math.inf
        self._lock = threading.Lock()

    def write(self, block: NDArray[np.float32]) -> None:
        """Append samples [n]."""
        size = len(self._samples)
        clipped = np.flatnonzero(np.abs(block) >= 0.999)
        with self._lock:
            if len(clipped):
                self._clipped_at = self.total + int(clipped[-1])
            kept = block[-size:]
            begin = (self.total + len(block) - len(kept)) % size
            first = min(len(kept), size - begin)
            self._samples[begin : begin + first] = kept[:first]
            self._samples[: len(kept) - first] = kept[first:]
            self.total += len(block)

    def read(self) -> NDArray[np.float32]:
        """float32 [n]: what is new since the last call, at most the length of the ring."""
        with self._lock:
            oldest = max(self._seen, self.total - len(self._samples))
            self.missed += oldest - self._seen
            self._seen = self.total
            return self._since(oldest)

    def last(self, seconds: float) -> NDArray[np.float32]:
        """float32 [n]: the newest samples, fewer where there are not so many."""
        wanted = min(round(seconds * self.rate), len(self._samples))
        with self._lock:
            return self._since(max(0, self.total - wanted))

    def level(self) -> Level:
        """(RMS, peak, clipped) of what came last; the clip light stays on for two seconds."""
        recent = self.last(_PEAK)
        if len(recent) == 0:
            return SILENCE, SILENCE, False
        clipped = self.total - self._clipped_at < _CLIP * self.rate
        power = float(np.mean(np.square(recent[-round(_RMS * self.rate) :], dtype=np.float64)))
        return decibel(math.sqrt(power)), decibel(float(np.abs(recent).max())), clipped

    def keep(self, seconds: float, name: str) -> Clip:
        """A clip of the newest samples, named after `name` and the time of day."""
        return from_array(self.last(seconds), self.rate, f"{name} {time.strftime('%H:%M:%S')}")

    def _since(self, start: int) -> NDArray[np.float32]:
        size = len(self._samples)
        begin, count = start % size, self.total - start
        first = min(count, size - begin)
        return np.concatenate([self._samples[begin : begin + first], self._samples[: count - first]])


def decibel(amplitude: float) -> float:
    """Decibel of full scale, not below SILENCE."""
    return max(SILENCE, 20 * math.log10(amplitude)) if amplitude > 0 else SILENCE
