"""The shared time axis: seconds to pixels and back, round ticks, and how times and frequencies are written."""

from __future__ import annotations

import math
from dataclasses import dataclass

SHORTEST = 0.01
"""The least stretch of time that a window shows, in seconds."""
_SEXAGESIMAL = (15, 30, 60, 120, 300, 600, 1200, 1800, 3600)


@dataclass(frozen=True)
class Axis:
    """`start` to `stop` seconds over `width` logical pixels that begin at `left`."""

    start: float
    stop: float
    left: float
    width: float

    @property
    def seconds(self) -> float:
        return max(self.stop - self.start, 1e-9)

    @property
    def step(self) -> float:
        """Seconds per pixel."""
        return self.seconds / max(self.width, 1.0)

    def x(self, time: float) -> float:
        return self.left + (time - self.start) / self.seconds * self.width

    def time(self, x: float) -> float:
        return self.start + (x - self.left) / max(self.width, 1.0) * self.seconds

    def ticks(self, apart: float = 80.0) -> list[float]:
        """Round times inside the axis, at least `apart` pixels from each other."""
        step = self._tick_step(apart)
        first = math.ceil(self.start / step - 1e-9)
        return [index * step for index in range(first, math.floor(self.stop / step + 1e-9) + 1)]

    def decimals(self, apart: float = 80.0) -> int:
        """How many decimals tell two ticks apart."""
        return max(0, -math.floor(math.log10(self._tick_step(apart)) + 1e-9))

    def _tick_step(self, apart: float) -> float:
        least = self.step * apart
        return next((step for step in _SEXAGESIMAL if step >= least), 7200.0) if least > 10 else round_step(least)


def round_step(least: float) -> float:
    """The smallest of 1, 2, 5 times a power of ten that is not below `least`."""
    power = 10.0 ** math.floor(math.log10(max(least, 1e-9)))
    return next(power * each for each in (1, 2, 5, 10) if power * each >= least * (1 - 1e-9))


def zoomed(start: float, stop: float, factor: float, at: float, length: float) -> tuple[float, float]:
    """A stretch `factor` times as long in which `at` keeps its place, inside [0, length]."""
    seconds = min(max((stop - start) * factor, SHORTEST), max(length, SHORTEST))
    share = (at - start) / max(stop - start, 1e-9)
    return moved(at - share * seconds, seconds, length)


def moved(start: float, seconds: float, length: float) -> tuple[float, float]:
    """A stretch of `seconds` that begins at `start`, pushed inside [0, length]."""
    start = max(0.0, min(start, length - seconds))
    return start, start + seconds


def clock(time: float, decimals: int = 3) -> str:
    """A time for people: `1.240 s`, and from a minute on `2:03.50`."""
    if abs(time) < 60:
        return f"{time:.{decimals}f} s"
    minutes, seconds = divmod(round(abs(time), decimals), 60)
    hours, minutes = divmod(int(minutes), 60)
    sign = "-" if time < 0 else ""
    width = 3 + decimals if decimals else 2
    tail = f"{seconds:0{width}.{decimals}f}"
    return f"{sign}{hours}:{minutes:02d}:{tail}" if hours else f"{sign}{minutes}:{tail}"


def hertz(frequency: float, unit: bool = True) -> str:
    """A frequency for people: `440 Hz`, `4 kHz`, `2.5 kHz`."""
    if frequency >= 1000:
        return f"{frequency / 1000:.3g}" + (" kHz" if unit else "k")
    return f"{frequency:.0f}" + (" Hz" if unit else "")
