"""Ports: open streams of a device, each with a ring between Python and the callback of PortAudio."""

from __future__ import annotations

import functools
import threading
from typing import TYPE_CHECKING, Any, Protocol

from engine.audio.device import OPEN, Device, DeviceError, library

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_PATIENCE = 2.0  # seconds that closing may take: a device that has vanished sometimes never answers


class Input(Protocol):
    """A microphone that is open."""

    rate: int
    channels: int
    lost: int
    """Blocks that were dropped because nobody fetched them in time."""
    latency: float
    """Seconds from the air to `read`."""

    @property
    def alive(self) -> bool: ...

    def read(self) -> NDArray[np.float32]:
        """Samples [n, channels] that came in since the last call."""

    def close(self) -> None: ...


class Output(Protocol):
    """A loudspeaker that is open."""

    rate: int
    channels: int
    latency: float
    """Seconds from the ring to the ear."""
    xruns: int
    """How often the device itself had nothing left to play."""

    @property
    def alive(self) -> bool: ...

    @property
    def consumed(self) -> int:
        """Frames that the device has taken since it was opened."""

    @property
    def queued(self) -> int:
        """Frames in the ring."""

    def write(self, block: NDArray[np.float32]) -> None:
        """Queue samples [n, channels]; n must fit."""

    def close(self) -> None: ...


def open_input(device: Device, rate: int) -> Input:
    """The microphone at `rate`, or at its own rate where it refuses. Raises DeviceError."""
    if _has_rtmixer():
        from engine.audio.port_rtmixer import RtInput as Kind
    else:
        from engine.audio.port_python import SdInput as Kind  # type: ignore[assignment]  # both are an Input
    tries = [(rate, 1), (device.rate, 1), (device.rate, min(2, device.channels))]
    return _open(Kind, device, tries, "Input")


def open_output(device: Device, rate: int | None = None, seconds: float = 0.0) -> Output:
    """The loudspeaker at `rate`, or at its own rate for None or where it refuses. Raises DeviceError.

    `seconds` of latency are asked of it; 0: as much as never stutters.
    """
    if _has_rtmixer():
        from engine.audio.port_rtmixer import RtOutput as Kind
    else:
        from engine.audio.port_python import SdOutput as Kind  # type: ignore[assignment]  # both are an Output
    most = min(2, device.channels)
    tries = [(rate or device.rate, most), (device.rate, most), (48_000, most), (48_000, 1)]
    return _open(functools.partial(Kind, seconds=seconds) if seconds else Kind, device, tries, "Output")


def _open(kind: Any, device: Device, tries: list[tuple[int, int]], menu: str) -> Any:
    library()
    reason = ""
    for rate, channels in dict.fromkeys(tries):
        try:
            return kind(device, rate, channels)
        except (library().PortAudioError, ValueError) as error:
            reason = reason or str(error.args[0] if error.args else error)
    text = f"{device.name} cannot be opened ({reason}); plug it in, close other programs that use it"
    raise DeviceError(f"{text}, or choose another under Sound > {menu}.")


def _has_rtmixer() -> bool:
    try:
        import rtmixer  # noqa: F401 - only whether it is there
    except (ImportError, OSError):
        return False
    return True


def latency(device: Device, seconds: float) -> float | str:
    """What to ask for. Below ALSA there is often a sound server, which stutters at the least it offers."""
    return seconds if device.host == "ALSA" else "low"


def start(port: Any, stream: Any) -> None:
    try:
        stream.start()
    except Exception:  # whatever it was: it goes on to who asked, and leaves no device taken
        stream.close(ignore_errors=True)
        raise
    OPEN.add(port)


def finish(port: Any, stream: Any) -> None:
    """Abort and close on a thread of its own, which keeps the port alive, and wait no longer than _PATIENCE."""

    def end() -> None:
        try:
            stream.abort(ignore_errors=True)
            stream.close(ignore_errors=True)
        finally:
            OPEN.discard(port)

    closing = threading.Thread(target=end, name="close sound device", daemon=True)
    closing.start()
    closing.join(_PATIENCE)
