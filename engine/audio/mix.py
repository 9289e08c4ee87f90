"""The mixing core of playback: fills buffers from lanes, and every change is a crossfade. No device, no thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from engine.audio.lane import Lane

FADE = 0.005
"""Seconds of a crossfade. Linear, for the two sounds are mostly versions of one."""

Loop = tuple[int, int]


class _Voice:
    """A place in a lane that moves on as it is read; silence where there is no lane."""

    def __init__(self, lane: Lane | None, position: int, loop: Loop | None, channels: int) -> None:
        self.lane, self.position, self.loop, self.channels = lane, position, loop, channels

    def take(self, count: int) -> NDArray[np.float32]:
        """The next samples [count, channels]; from the end of the loop it goes on at its start."""
        if self.lane is None:
            return np.zeros((count, self.channels), np.float32)
        parts = []
        while count > 0:
            inside = self.loop is not None and self.position < self.loop[1]
            run = min(count, self.loop[1] - self.position) if inside and self.loop else count
            parts.append(self.lane.read(self.position, run))
            self.position, count = self.position + run, count - run
            if inside and self.loop and self.position == self.loop[1]:
                self.position = self.loop[0]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)


class _Fade:
    """From one sound to the next; the old one may itself be a fade that is not over."""

    def __init__(self, old: _Voice | _Fade, new: _Voice, frames: int) -> None:
        self.old, self.new, self.frames, self.done = old, new, frames, 0

    def take(self, count: int) -> NDArray[np.float32]:
        mixed = self.new.take(count)
        run = min(count, self.frames - self.done)
        if run > 0:
            weight = (np.arange(self.done + 1, self.done + run + 1, dtype=np.float32) / (self.frames + 1))[:, None]
            mixed[:run] = mixed[:run] * weight + self.old.take(run) * (1 - weight)
            self.done += run
        return mixed


class Mixer:
    """Several lanes on one clock, of which one is heard. Times are frames at `rate`."""

    def __init__(self, rate: int, channels: int = 2) -> None:
        self.rate, self.channels = rate, channels
        self.lanes: dict[str, Lane] = {}
        self.heard = ""
        self.playing = False
        self.volume = 1.0
        self.loop: Loop | None = None
        self._volume = 1.0  # where the ramp to `volume` stands
        self._voice = _Voice(None, 0, None, channels)
        self._sound: _Voice | _Fade = self._voice
        self._stop_in: int | None = None
        self._fade = max(1, round(FADE * rate))

    @property
    def position(self) -> int:
        """The frame that is filled next."""
        return self._voice.position

    @property
    def end(self) -> int:
        """The frame after the last of the longest lane."""
        return max((lane.end for lane in self.lanes.values()), default=0)

    @property
    def sounding(self) -> bool:
        """Whether `fill` may give anything but silence."""
        return self.playing or isinstance(self._sound, _Fade)

    def load(self, lanes: Mapping[str, Lane], heard: str = "") -> None:
        """Take other lanes and hear the one named, else the first; the position is kept."""
        self.lanes = dict(lanes)
        self.heard = heard if heard in self.lanes else next(iter(self.lanes), "")
        if not self.lanes:
            self.pause()
        self._go(self.position)

    def choose(self, name: str) -> None:
        """Hear another lane from here on. Raises KeyError."""
        if name not in self.lanes:
            raise KeyError(name)
        if name != self.heard:
            self.heard = name
            self._go(self.position)

    def seek(self, position: int) -> None:
        """Go on from another frame."""
        self._stop_in = None
        self._go(max(0, position))

    def set_loop(self, loop: Loop | None) -> None:
        """Repeat [start, stop) sample by sample; at least 10 ms. A position outside goes to its start."""
        if loop is not None:
            start = max(0, loop[0])
            loop = start, max(loop[1], start + self.rate // 100)
        self.loop = self._voice.loop = loop
        if loop is not None and self.playing and not loop[0] <= self.position < loop[1]:
            self._go(loop[0])

    def play(self, frames: int | None = None) -> None:
        """Play on, for so many frames where given. From the end, and from outside a loop, begin anew."""
        position = self.position
        if self.loop is not None and frames is None and not self.loop[0] <= position < self.loop[1]:
            position = self.loop[0]
        elif position >= self.end and frames is None:
            position = 0
        self._stop_in = frames
        if not self.playing or position != self.position:
            self.playing = bool(self.lanes)
            self._go(position)

    def pause(self) -> None:
        """Fade out and stay."""
        if self.playing:
            self.playing, self._stop_in = False, None
            self._go(self.position)

    def halt(self) -> None:
        """Be silent at once, without reading on."""
        self.playing, self._stop_in = False, None
        self._voice = self._sound = _Voice(None, self.position, self.loop, self.channels)

    def fill(self, count: int) -> NDArray[np.float32]:
        """The next samples [count, channels], not beyond full scale. Raises AudioError."""
        parts = [self._run(count)]
        while (missing := count - sum(map(len, parts))) > 0:
            parts.append(self._run(missing))
        out = parts[0] if len(parts) == 1 else np.concatenate(parts)
        if self._volume != 1.0 or self.volume != 1.0:
            ramp = np.linspace(self._volume, self.volume, count + 1, dtype=np.float32)[1:, None]
            out = out * ramp
            self._volume = self.volume
        return np.clip(out, -1.0, 1.0)

    def _run(self, count: int) -> NDArray[np.float32]:
        """At most `count` samples, up to where playing ends."""
        looped = self.loop is not None and self.position < self.loop[1]
        if self.playing and not looped and self._stop_in is None:
            left = self.end - self.position
            if left <= 0:
                self.halt()
            else:
                count = min(count, left)
        if self._stop_in is not None:
            if self._stop_in <= 0:
                self.pause()
            else:
                count = min(count, self._stop_in)
                self._stop_in -= count
        out = self._sound.take(count)
        if isinstance(self._sound, _Fade) and self._sound.done >= self._sound.frames:
            self._sound = self._sound.new
        return out

    def _go(self, position: int) -> None:
        """Crossfade to what is to be heard now, from `position` on."""
        lane = self.lanes.get(self.heard) if self.playing else None
        before = self._sound
        self._voice = _Voice(lane, position, self.loop, self.channels)
        silent = lane is None and isinstance(before, _Voice) and before.lane is None
        self._sound = self._voice if silent else _Fade(before, self._voice, self._fade)
