"""The job that lets one hear the microphone through a denoiser: with a window, and without one."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from app.hearing import Listens, Tap
from engine.events import Set

if TYPE_CHECKING:
    from collections.abc import Generator

    from numpy.typing import NDArray

    from engine.account import Settings
    from engine.audio.ring import Level
    from engine.clip import Clip
    from engine.denoisers.denoiser import Denoiser
    from engine.monitor import Monitor
    from engine.stages.stage import Link

NAP = 0.002
"""Seconds to sleep where no sound has come."""
PROMPT = 0.03
"""Seconds of latency that are asked of the loudspeaker: the jitter buffer before it is what keeps it fed."""
TOLD, SHOWN = 0.25, 0.03
"""Seconds between two Accounts, and between two Frames."""


class Heard(Tap):
    """A Tap of what is heard: it is that which is recorded and kept. The level is that of the microphone."""

    def __init__(self, source: Any, monitor: Monitor) -> None:
        super().__init__(self)
        self.source, self.monitor = source, monitor
        self.rate = monitor.rate
        monitor.told = self._hear

    @property
    def level(self) -> Level:
        return self.source.level

    @property
    def seconds(self) -> float:
        return float(self.source.seconds)

    def keep(self, seconds: float) -> Clip:
        return self.monitor.heard.keep(seconds, "enhanced")

    def _hear(self, block: NDArray[Any]) -> None:
        if len(block):
            self.told(block)


def hear(
    source: tuple[Any, ...], settings: Settings, output: str | None, picture: Link | None
) -> Generator[Any, Any, None]:
    """Yields a Listens, Accounts, and Frames where there is a `picture`; None while nothing is new.

    `source` as for app.hearing.hear; `output` names a loudspeaker, None for the default one. `Set("monitor", ...)`
    with other Settings turns knobs while it runs; what the denoiser remembers is never touched. Raises DeviceError
    and DenoiserError.
    """
    from engine.audio.error import DeviceError
    from engine.audio.feed import Feed
    from engine.audio.port import open_output
    from engine.audio.record import Recorder
    from engine.monitor import Monitor

    kind, which, _ = source
    denoiser = build(settings)
    recorder: Any = Feed(which, int(denoiser.rate)) if kind == "clip" else Recorder(which, int(denoiser.rate))
    port = open_output(_found(output), seconds=PROMPT)
    try:
        monitor = Monitor(recorder, denoiser, port, settings, picture)
        recorder.start()
        yield Listens(Heard(recorder, monitor))
        told = shown = time.perf_counter()
        while not (getattr(recorder, "ended", False) and not monitor.waiting):
            event: Any = None
            now = time.perf_counter()
            worked = monitor.step()
            if now - told >= TOLD:
                told, event = now, monitor.account()
                if monitor.error:
                    raise DeviceError(f"{monitor.error} Then begin again.")
            elif now - shown >= SHOWN and not monitor.waiting:
                shown, event = now, monitor.frames()
            elif not worked:
                time.sleep(NAP)
            command = yield event
            if isinstance(command, Set) and command.key == "monitor":
                monitor.turn(command.value)
    finally:
        recorder.stop()
        port.close()


def build(settings: Settings) -> Denoiser:
    """The denoiser that is asked for, or the first that can run live. Raises DenoiserError."""
    from engine import denoising
    from engine.denoisers.denoiser import DenoiserError
    from engine.windowed import LATE, Windowed

    name = settings.denoiser or preferred()
    denoiser: Denoiser = denoising.build(name)
    if denoiser.latency is not None:
        return denoiser
    if not settings.windows:
        raise DenoiserError(
            f"{name} needs the whole sound, so it cannot run live as it is. Choose one that answers from the past "
            f"alone, or hear it in windows (--windows), {1000 * LATE:.0f} ms late."
        )
    return Windowed(denoiser)


def preferred() -> str:
    """The denoiser that live use begins with: a network that answers from the past alone, else Wiener's."""
    from engine import denoising

    for name in denoising.ours():
        if denoising.build(name).latency is not None:
            return name
    return "wiener"


def _found(output: str | None) -> Any:
    """The loudspeaker; one that was plugged in again is looked for."""
    from engine.audio import device
    from engine.audio.error import DeviceError

    try:
        return device.find("output", output)
    except DeviceError:
        if not device.refresh():
            raise
        return device.find("output", output)
