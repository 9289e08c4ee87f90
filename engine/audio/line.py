"""A line: one opening of a loudspeaker, and which place of the sound the ear has reached on it."""

from __future__ import annotations

import bisect
import threading
import time
from typing import TYPE_CHECKING

from engine.audio.ring import Ring

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.audio.mix import Loop, Mixer
    from engine.audio.port import Output

_STALL = 3.0  # seconds without taking anything after which a device counts as gone


class Line:
    """Written by the feeder alone; `heard` and `place` may be asked from any thread."""

    def __init__(self, port: Output) -> None:
        self.port = port
        self.written = 0
        """Frames written so far."""
        self.meter = Ring(port.rate, 0.5)
        self._timeline = Timeline()
        self._clock = HeardClock(port.rate, port.latency)
        self._taken, self._taken_at = 0, time.monotonic()
        self._lock = threading.Lock()

    def mark(self, mixer: Mixer) -> None:
        """What is written next is the sound at the mixer's position."""
        loop = mixer.loop if mixer.playing else None
        end = mixer.end if mixer.playing else mixer.position
        with self._lock:
            self._timeline.mark(self.written, mixer.position, end, loop)

    def write(self, block: NDArray[np.float32]) -> None:
        """Queue samples [n, channels]."""
        self.port.write(block)
        self.meter.write(block[:, 0])
        self.written += len(block)

    def heard(self) -> float:
        """The output frame that the ear has reached."""
        with self._lock:
            return self._clock.heard(self.port.consumed, self.port.queued == 0, time.monotonic())

    def place(self, heard: float) -> float:
        """The position that is heard as this output frame."""
        with self._lock:
            return self._timeline.at(heard)

    def gone(self) -> bool:
        """Whether the device has failed, or has long taken nothing of what waits for it."""
        consumed, now = self.port.consumed, time.monotonic()
        if consumed != self._taken or self.port.queued == 0:
            self._taken, self._taken_at = consumed, now
        return not self.port.alive or now - self._taken_at > _STALL


class Timeline:
    """Which position was written as which frame of the output: the playhead is what the ear has reached."""

    def __init__(self) -> None:
        self._marks: list[tuple[int, int, int, Loop | None]] = []

    def mark(self, frame: int, position: int, end: int, loop: Loop | None = None) -> None:
        """From output frame `frame` on, the lanes are heard from `position` to `end`, or round the loop."""
        self._marks.append((frame, position, end, loop))
        if len(self._marks) > 512:
            del self._marks[:256]

    def at(self, frame: float) -> float:
        """The position heard as output frame `frame`."""
        if not self._marks:
            return 0.0
        index = bisect.bisect_right(self._marks, frame, key=lambda mark: mark[0])
        start, position, end, loop = self._marks[max(index - 1, 0)]
        now = position + max(0.0, frame - start)
        if loop is not None and position < loop[1]:
            return now if now < loop[1] else loop[0] + (now - loop[1]) % (loop[1] - loop[0])
        return max(position, min(now, end))


class HeardClock:
    """Which output frame the ear has reached: the device's own count, smoothed between its callbacks."""

    def __init__(self, rate: int, latency: float) -> None:
        self._rate, self._latency = rate, latency * rate
        self._slack = 0.03 * rate  # frames that the guess may be ahead: more than a callback's block
        self._frame, self._then = -self._latency, 0.0

    def heard(self, consumed: int, drained: bool, now: float) -> float:
        """The frame heard at `now` in seconds, never going back; `drained` says that the ring is empty."""
        certain = consumed - self._latency
        guess = self._frame + (now - self._then) * self._rate if self._then else certain
        guess = max(certain, min(guess, consumed if drained else certain + self._slack))
        self._frame, self._then = max(guess, self._frame), now
        return self._frame
