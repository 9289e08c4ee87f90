"""The feeder: the thread behind the player, which keeps a device's ring filled from the mixer."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from engine.audio import device as devices
from engine.audio.device import Device, DeviceError
from engine.audio.error import AudioError
from engine.audio.lane import Lane
from engine.audio.line import Line
from engine.audio.loudness import matched_gains, measure
from engine.audio.mix import Mixer
from engine.audio.port import Output, open_output
from engine.audio.ring import SILENCE, Level
from engine.audio.silent import SilentOutput

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.clip import Clip
    from engine.session import Span

Wanted = Device | str | int | None
"""A device, its name or its index; None for the default one."""

_AHEAD = 0.07  # seconds in the ring: as much as this thread may be late
_BLOCK = 0.01  # seconds filled at a time
_PERIOD = 0.01  # seconds between two looks while playing
_IDLE = 10.0  # seconds at rest after which the device is given back
_SCRUB = 0.12  # seconds heard of a place that is scrubbed over


class _Target(NamedTuple):
    """A place asked for, and the output frame from which on it is heard (None: not yet filled)."""

    seconds: float
    frame: int | None = None


class Feeder:
    """All methods but `do`, `aim`, `position`, `level` and `close` run on the feeder's own thread."""

    def __init__(self, device: Wanted, rate: int | None) -> None:
        self.error: str | None = None
        self.device: Device | None = None
        self.playing = False
        self.underruns = 0
        self._wanted, self._wanted_rate = device, rate
        self._clips: dict[str, Clip] = {}
        self._starts: dict[str, float] = {}
        self._left: frozenset[str] = frozenset()
        self._measured: dict[str, tuple[float, float]] = {}
        self._mixer = Mixer(rate or 48_000)
        self._line: Line | None = None
        self._fed = False
        self._target: _Target | None = None
        self._commands: deque[Callable[[], None]] = deque()
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._closing = False
        self._thread: threading.Thread | None = None

    # From any thread -------------------------------------------------------------------------------------------

    def do(self, command: Callable[[], None], playing: bool | None = None) -> None:
        """Have something done on the feeder's thread, after what was asked for before; `playing` is so at once."""
        if self._closing:
            return
        with self._lock:
            self.playing = self.playing if playing is None else playing
            self._commands.append(command)
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="playback", daemon=True)
            self._thread.start()
        self._wake.set()

    def aim(self, seconds: float) -> _Target:
        """Show this place as the position from now on, although it is heard only in a moment."""
        with self._lock:
            target = self._target = _Target(max(0.0, seconds))
        return target

    def position(self) -> float:
        """Seconds: where the ear is, or soon will be."""
        with self._lock:
            line, target = self._line, self._target
        if line is not None:
            heard = line.heard()
            if target is None or (target.frame is not None and heard >= target.frame):
                return line.place(heard) / line.port.rate
        return target.seconds if target else self._mixer.position / self._mixer.rate

    def level(self) -> Level:
        line = self._line
        return line.meter.level() if line and self._fed else (SILENCE, SILENCE, False)

    def close(self) -> None:
        self._closing = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join(5.0)
            self._thread = None

    # Commands --------------------------------------------------------------------------------------------------

    def load(
        self, clips: dict[str, Clip], starts: dict[str, float], heard: str, left: frozenset[str] = frozenset()
    ) -> None:
        known, self._clips = self._measured, {}  # nothing is left to play where a file cannot be read
        compared = [clip for name, clip in clips.items() if name not in left]
        self._measured = {clip.id: known.get(clip.id) or measure(clip) for clip in compared}
        self._clips, self._starts, self._left = clips, starts, left
        self._mixer.load(self._lanes(), heard)

    def play(self, target: _Target | None) -> None:
        if not self._mixer.lanes:
            self.playing = False
            return
        if self._line is None or self.error is not None:
            self._open()
        if target is not None:
            self.seek(target)
        self._mixer.play()

    def scrub(self) -> None:
        if self._line is None:
            self._open()
        self._mixer.play(round(_SCRUB * self._mixer.rate))

    def pause(self) -> None:
        self._mixer.pause()

    def seek(self, target: _Target) -> None:
        self._mixer.seek(round(target.seconds * self._mixer.rate))

    def loop(self, span: Span | None) -> None:
        rate = self._mixer.rate
        self._mixer.set_loop(None if span is None else (round(span.start * rate), round(span.stop * rate)))

    def choose(self, name: str) -> None:
        if name in self._mixer.lanes:  # a later load may have taken it away
            self._mixer.choose(name)

    def set_volume(self, volume: float) -> None:
        self._mixer.volume = volume

    def switch(self, device: Wanted) -> None:
        """Open the other device first: where it fails, the one before was never interrupted."""
        try:
            found = devices.find("output", device)
            if self._line is not None and found != self.device:
                self._use(open_output(found, self._wanted_rate))
                self.device = found
            self._wanted, self.error = device, None
        except DeviceError as error:
            still = f" Still playing through {self.device.name}." if self.device else ""
            self.error = f"{error}{still}"

    # The thread ------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        rested = time.monotonic()
        while not self._closing:
            self._wake.clear()
            try:
                while self._commands:
                    self._commands.popleft()()
                busy = self._feed()
            except AudioError as error:  # a file that can no longer be read
                self.error, self.playing, busy = str(error), False, False
                self._mixer.halt()
                if not self._clips:
                    self._mixer.load({})
            if busy:
                rested = time.monotonic()
            elif self._line is not None and time.monotonic() - rested > _IDLE:
                self._release()
            self._wake.wait(_PERIOD if busy else 0.5)
        self._release()

    def _feed(self) -> bool:
        """Keep the ring filled; False when all that was filled has been heard."""
        if self._line is None:
            if not self._mixer.sounding:
                return False
            self._open()
        line = self._line
        if line is None or line.gone():
            line = self._fall_silent()
        queued = line.port.queued
        self.underruns += self._fed and queued == 0
        while self._mixer.sounding and queued < _AHEAD * line.port.rate:
            queued += self._fill(line)
        self._fed = self._mixer.playing
        done = line.heard() >= line.written
        with self._lock:  # it may be asked to play anew just now
            if done and not self._fed and not self._commands:
                self.playing = False
        return self._fed or not done

    def _fill(self, line: Line) -> int:
        """Mix one block into the ring, and note which position it is heard as."""
        mixer = self._mixer
        line.mark(mixer)
        with self._lock:
            if self._target is not None and self._target.frame is None and not self._commands:
                self._target = self._target._replace(frame=line.written)
        block = mixer.fill(round(_BLOCK * line.port.rate))
        line.write(block)
        if not mixer.sounding:
            line.mark(mixer)
        return len(block)

    def _lanes(self) -> dict[str, Lane]:
        measured = {name: self._measured[clip.id] for name, clip in self._clips.items() if name not in self._left}
        gains = matched_gains(measured)
        first = next(iter(gains.values()), 1.0)  # what all are lowered by, where one would clip
        rate, channels = self._mixer.rate, self._mixer.channels
        return {
            name: Lane(clip, rate, channels, gains.get(name, first), self._starts.get(name, 0.0))
            for name, clip in self._clips.items()
        }

    # The device ------------------------------------------------------------------------------------------------

    def _open(self) -> None:
        """Open the device, or fall back to silence."""
        self._release()
        try:
            if self.error is not None:
                devices.refresh()
            found = devices.find("output", self._wanted)
            port: Output = open_output(found, self._wanted_rate)
            self.device, self.error = found, None
        except DeviceError as error:
            port, self.device = SilentOutput(self._mixer.rate, self._mixer.channels), None
            self.error = f"{error} Until then it plays in silence."
        self._use(port)

    def _use(self, port: Output) -> None:
        """Play through this port from here on."""
        before = self._line
        if (port.rate, port.channels) != (self._mixer.rate, self._mixer.channels):
            self._retune(port.rate, port.channels)
        line = Line(port)
        line.mark(self._mixer)
        self._fed = False
        with self._lock:
            self._line = line
            if self._target is not None and self._target.frame is not None:
                self._target = None
        if before is not None:
            before.port.close()

    def _retune(self, rate: int, channels: int) -> None:
        """The same lanes at the same place on another clock."""
        old, self._mixer = self._mixer, Mixer(rate, channels)
        self._mixer.volume = old.volume
        self._mixer.load(self._lanes(), old.heard)
        if old.loop is not None:
            self._mixer.set_loop((round(old.loop[0] * rate / old.rate), round(old.loop[1] * rate / old.rate)))
        self._mixer.seek(round(old.position * rate / old.rate))
        if old.playing:
            self._mixer.play()

    def _fall_silent(self) -> Line:
        name = f'The loudspeaker "{self.device.name}"' if self.device else "The loudspeaker"
        self.error = (
            f"{name} takes no more sound: it was unplugged or taken away. "
            "Plug it in and play again, or choose another under Sound > Output."
        )
        self.device = None
        self._use(SilentOutput(self._mixer.rate, self._mixer.channels))
        assert self._line is not None
        return self._line

    def _release(self) -> None:
        with self._lock:
            line, self._line, self._fed = self._line, None, False
            if self._target is not None and self._target.frame is not None:
                self._target = None
        if line is not None:
            line.port.close()
            self.device = None
