"""The output that is not heard: it takes sound by the clock, so that the playhead moves without a loudspeaker."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray


class SilentOutput:
    """An Output (see port.py) that takes `rate` frames a second and forgets them."""

    def __init__(self, rate: int = 48_000, channels: int = 2, clock: Callable[[], float] = time.monotonic) -> None:
        self.rate, self.channels, self.latency = rate, channels, 0.0
        self.alive, self.xruns = True, 0
        self._clock, self._lock = clock, threading.Lock()
        self._written, self._taken, self._then = 0, 0.0, clock()

    @property
    def consumed(self) -> int:
        with self._lock:
            now = self._clock()
            self._taken = min(self._written, self._taken + (now - self._then) * self.rate)
            self._then = now
            return int(self._taken)

    @property
    def queued(self) -> int:
        return self._written - self.consumed

    def write(self, block: NDArray[np.float32]) -> None:
        self._written += len(block)

    def close(self) -> None:
        self.alive = False
