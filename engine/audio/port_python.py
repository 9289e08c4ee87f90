"""Ports on callbacks in Python, for where rtmixer has no wheel."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.audio.device import library
from engine.audio.port import finish, latency, start

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.audio.device import Device


class SdInput:
    """The same on a callback in Python, where rtmixer has no wheel."""

    def __init__(self, device: Device, rate: int, channels: int) -> None:
        self.rate, self.channels, self.lost = rate, channels, 0
        self._blocks: list[NDArray[np.float32]] = []
        self._lock = threading.Lock()
        self._stream = library().InputStream(
            device=device.index,
            channels=channels,
            samplerate=rate,
            dtype="float32",
            latency=latency(device, 0.02),
            callback=self._take,
        )
        start(self, self._stream)
        self.latency = float(self._stream.latency)

    def _take(self, data: NDArray[np.float32], frames: int, time: Any, status: Any) -> None:
        with self._lock:
            self.lost += bool(status.input_overflow) or len(self._blocks) > 5000
            self._blocks = [*self._blocks[-5000:], data.copy()]

    @property
    def alive(self) -> bool:
        return bool(self._stream.active)

    def read(self) -> NDArray[np.float32]:
        with self._lock:
            blocks, self._blocks = self._blocks, []
        return np.concatenate([np.zeros((0, self.channels), np.float32), *blocks])

    def close(self) -> None:
        finish(self, self._stream)


class SdOutput:
    """The same on a callback in Python, where rtmixer has no wheel."""

    def __init__(self, device: Device, rate: int, channels: int, seconds: float = 0.1) -> None:
        self.rate, self.channels, self.consumed, self.xruns = rate, channels, 0, 0
        self._waiting = np.zeros((0, channels), np.float32)
        self._lock = threading.Lock()
        self._stream = library().OutputStream(
            device=device.index,
            channels=channels,
            samplerate=rate,
            dtype="float32",
            latency=latency(device, seconds),
            callback=self._give,
        )
        start(self, self._stream)
        self.latency = float(self._stream.latency)

    def _give(self, data: NDArray[np.float32], frames: int, time: Any, status: Any) -> None:
        with self._lock:
            self.xruns += bool(status.output_underflow)
            there = min(frames, len(self._waiting))
            data[:there], data[there:] = self._waiting[:there], 0
            self._waiting = self._waiting[there:]
            self.consumed += there

    @property
    def alive(self) -> bool:
        return bool(self._stream.active)

    @property
    def queued(self) -> int:
        return len(self._waiting)

    def write(self, block: NDArray[np.float32]) -> None:
        with self._lock:
            self._waiting = np.concatenate([self._waiting, block])

    def close(self) -> None:
        finish(self, self._stream)
