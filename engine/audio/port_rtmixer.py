"""Ports whose callbacks run in C over lock-free rings, by rtmixer: sound does not wait for Python."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from engine.audio.port import finish, latency, start

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.audio.device import Device

_RING = 1 << 17  # frames: over two seconds at any usual rate


class RtInput:
    def __init__(self, device: Device, rate: int, channels: int) -> None:
        import rtmixer

        self.rate, self.channels = rate, channels
        self._restarts = 0
        self._ring = rtmixer.RingBuffer(4 * channels, _RING)
        self._stream = rtmixer.Recorder(
            device=device.index, channels=channels, samplerate=rate, latency=latency(device, 0.02)
        )
        self._action = self._stream.record_ringbuffer(self._ring)
        start(self, self._stream)
        self.latency = float(self._stream.latency)

    @property
    def alive(self) -> bool:
        return bool(self._stream.active)

    @property
    def lost(self) -> int:
        return self._restarts + int(self._action.stats.input_overflows)

    def read(self) -> NDArray[np.float32]:
        block = np.frombuffer(self._ring.read(), np.float32).reshape(-1, self.channels)
        if self.alive and self._action not in self._stream.actions:  # the ring was full, which ends the action
            self._restarts += 1 + int(self._action.stats.input_overflows)
            self._action = self._stream.record_ringbuffer(self._ring)
        return block

    def close(self) -> None:
        finish(self, self._stream)


class RtOutput:
    def __init__(self, device: Device, rate: int, channels: int, seconds: float = 0.06) -> None:
        import rtmixer

        self.rate, self.channels = rate, channels
        self._written = self._xruns = 0
        self._ring = rtmixer.RingBuffer(4 * channels, _RING)
        self._action: Any = None
        self._stream = rtmixer.Mixer(
            device=device.index, channels=channels, samplerate=rate, latency=latency(device, seconds)
        )
        start(self, self._stream)
        self.latency = float(self._stream.latency)

    @property
    def alive(self) -> bool:
        return bool(self._stream.active)

    @property
    def xruns(self) -> int:
        return self._xruns + (int(self._action.stats.output_underflows) if self._action is not None else 0)

    @property
    def consumed(self) -> int:
        return self._written - self.queued

    @property
    def queued(self) -> int:
        return int(self._ring.read_available)

    def write(self, block: NDArray[np.float32]) -> None:
        self._written += int(self._ring.write(np.ascontiguousarray(block, np.float32)))
        if self._action is None or self._action not in self._stream.actions:  # an empty ring ends the action
            self._xruns, self._action = self.xruns, self._stream.play_ringbuffer(self._ring)

    def close(self) -> None:
        finish(self, self._stream)
