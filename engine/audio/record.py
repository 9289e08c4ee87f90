"""Recording: a microphone into a ring that always holds the last half minute."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import numpy as np

from engine.audio import device as devices
from engine.audio.device import Device, DeviceError
from engine.audio.port import Input, open_input
from engine.audio.ring import Level, Ring
from engine.audio.sinc import Sinc

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.clip import Clip

Wanted = Device | str | int | None
"""A device, its name or its index; None for the default one."""

_PERIOD = 0.02  # seconds between two looks at the device
_STALL = 1.5  # seconds without a sample after which a device counts as gone
_FIRST = 5.0  # the same before the first sample: sound servers take their time


class Recorder:
    """Mono sound at `rate` from a microphone. `read` may be called from another thread than the rest.

    `error` tells in words that the device has failed or vanished; recording has then ended, and what was heard
    stays in the ring.
    """

    def __init__(
        self, device: Device | str | int | None = None, rate: int = 16_000, seconds: float = 30.0
    ) -> None:
        self.rate = rate
        self.device: Device | None = None
        self.error: str | None = None
        self._wanted = device
        self._ring = Ring(rate, seconds)
        self._port: Input | None = None
        self._resampler: Sinc | None = None
        self._lost = 0
        self._heard_at = 0.0
        self._silent = True
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def running(self) -> bool:
        return self._port is not None

    def start(self) -> None:
        """Open the device and record. Raises DeviceError, and then `error` holds its text."""
        if self.running:
            return
        try:
            if self.error is not None:
                devices.refresh()
            found = devices.find("input", self._wanted)
            self._use(found, open_input(found, self.rate))
        except DeviceError as error:
            self.error = str(error)
            raise
        self._join()
        self._stopping.clear()
        self._thread = threading.Thread(target=self._watch, name="microphone", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Close the device; the ring keeps what it has."""
        self._stopping.set()
        self._join()
        self._drain()
        self._release()

    def switch(self, device: Wanted) -> None:
        """Record from another device. Raises DeviceError, and then the one before is still recording."""
        if not self.running:
            self._wanted = device
            return
        before = self.device
        try:
            found = devices.find("input", device)
            if found == before:
                return
            port = open_input(found, self.rate)
        except DeviceError as error:
            assert before is not None
            raise DeviceError(f"{error} Still recording from {before.name}.") from error
        self._drain()
        self._release()
        self._wanted = device
        self._use(found, port)

    def read(self) -> NDArray[np.float32]:
        """float32 [n]: what is new since the last call."""
        self._drain()
        return self._ring.read()

    @property
    def level(self) -> Level:
        """(RMS, peak) in dB of full scale over the last tenths of a second, and the clip light."""
        return self._ring.level()

    @property
    def dropped(self) -> int:
        """Blocks that the device lost, and seconds that nobody read."""
        port = self._port
        return self._lost + (port.lost if port else 0) + self._ring.missed // self.rate

    @property
    def latency(self) -> float:
        """Seconds from the air to `read`, by the numbers of the device; 0 while it is closed."""
        port, resampler = self._port, self._resampler
        if port is None:
            return 0.0
        return port.latency + (resampler.late if resampler is not None else 0.0)

    @property
    def seconds(self) -> float:
        """How long it has recorded."""
        return self._ring.total / self.rate

    def keep(self, seconds: float = 30.0) -> Clip:
        """The last seconds as a clip."""
        self._drain()
        return self._ring.keep(seconds, "recording")

    def _use(self, found: Device, port: Input) -> None:
        with self._lock:
            same = port.rate == self.rate
            self._resampler = None if same else Sinc(port.rate, self.rate)
            self._port, self.device, self.error = port, found, None
            self._heard_at, self._silent = time.monotonic(), True

    def _drain(self) -> None:
        """Move what the C callback has gathered into the ring."""
        with self._lock:
            if self._port is None:
                return
            block = self._port.read()
            if len(block) == 0:
                return
            self._heard_at, self._silent = time.monotonic(), False
            mono = block[:, 0] if block.shape[1] == 1 else block.mean(axis=1, dtype=np.float32)
            if self._resampler is not None:
                mono = self._resampler.push(mono)
            self._ring.write(mono)

    def _watch(self) -> None:
        """Drain the device until it is stopped, or gone."""
        while not self._stopping.wait(_PERIOD):
            self._drain()
            port, device = self._port, self.device
            if port is None or device is None:
                return
            waited = time.monotonic() - self._heard_at
            if not port.alive or waited > (_FIRST if self._silent else _STALL):
                self.error = (
                    f'The microphone "{device.name}" gives no more sound: it was unplugged or taken away. '
                    "Plug it in and record again, or choose another under Sound > Input."
                )
                self._release()
                return

    def _release(self) -> None:
        with self._lock:
            port, self._port = self._port, None
            if port is not None:
                self._lost += port.lost
        if port is not None:
            port.close()

    def _join(self) -> None:
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(5.0)
            self._thread = None
