"""A feed: a clip heard in real time, as if somebody played it to the microphone."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import numpy as np
import soxr

from engine.audio.error import AudioError
from engine.audio.ring import Level, Ring

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from engine.clip import Clip

_MOST = 30.0  # seconds delivered at once: who has not asked for longer has missed the rest


class Feed:
    """Stands in for a Recorder: the same methods, the samples of a clip, mono at `rate`, by the clock.

    `clock` gives seconds; tests hand in their own.
    """

    def __init__(
        self, clip: Clip, rate: int = 16_000, loop: bool = False, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.clip, self.rate = clip, rate
        self.error: str | None = None
        self.ended = False
        self.latency = 0.0
        self._loop, self._clock = loop, clock
        self._ring = Ring(rate)
        self._lock = threading.Lock()
        self._began: float | None = None
        self._done = 0  # source frames delivered, counted on through every round of a loop
        self._skipped = 0
        self._resampler = self._new_resampler()

    @property
    def running(self) -> bool:
        return self._began is not None and not self.ended

    @property
    def dropped(self) -> int:
        """Seconds that nobody read in time."""
        return self._skipped + self._ring.missed // self.rate

    @property
    def seconds(self) -> float:
        return self._ring.total / self.rate

    @property
    def level(self) -> Level:
        """(RMS, peak) in dB of full scale, and the clip light."""
        self._deliver()
        return self._ring.level()

    def start(self) -> None:
        """Begin at the start of the clip."""
        with self._lock:
            self._began, self._done, self.ended, self.error = self._clock(), 0, False, None
            self._resampler = self._new_resampler()

    def stop(self) -> None:
        """End; the ring keeps what it has."""
        self._deliver()
        with self._lock:
            self._began = None

    def read(self) -> NDArray[np.float32]:
        """float32 [n]: what is new since the last call."""
        self._deliver()
        return self._ring.read()

    def keep(self, seconds: float = 30.0) -> Clip:
        """The last seconds as a clip."""
        self._deliver()
        return self._ring.keep(seconds, self.clip.name)

    def _new_resampler(self) -> soxr.ResampleStream | None:
        same = self.clip.rate == self.rate
        return None if same else soxr.ResampleStream(self.clip.rate, self.rate, 1, "float32", "MQ")

    def _deliver(self) -> None:
        """Put into the ring what the clock says has been heard by now."""
        with self._lock:
            if self._began is None or self.ended:
                return
            due = int((self._clock() - self._began) * self.clip.rate)
            late = due - self._done - int(_MOST * self.clip.rate)
            if late > 0:
                self._done += late
                self._skipped += 1 + late // self.clip.rate
            try:
                self._push(due)
            except AudioError as error:
                self.error, self.ended = str(error), True

    def _push(self, due: int) -> None:
        while self._done < due and not self.ended:
            start = self._done % self.clip.frames if self._loop else self._done
            block = self.clip.read(start, min(start + due - self._done, start + self.clip.rate))
            self._done += len(block)
            self.ended = not self._loop and self._done >= self.clip.frames
            mono = block.mean(axis=1, dtype=np.float32)
            if self._resampler is not None:
                mono = self._resampler.resample_chunk(mono, last=self.ended)
            self._ring.write(mono)
