"""What a plot shows, without a screen: its lines, the few points that draw them, their range, and values read."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from widgets.outline import outline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from widgets.outline import Points

    Values = NDArray[np.floating]

_MOST = 1e300
"""Values beyond this are drawn no more than infinite ones: their sums and differences are none."""
_FAR = 2.0
"""A level so many times as high as the data is not made room for."""


@dataclass(frozen=True, eq=False)
class Line:
    """Values y [n] over ascending x [n]. `raw` [n], where given, is drawn thin beneath y, and hovering reads it.

    `points` are joined by dashes and read up to the next one; `steps` hold until the next one, dashed, as a
    threshold does; `bars` reach from x[i] to x[i + 1], the last value is not drawn. `ink` is a colour of the
    palette by its name or by its number among the curves. `end` is written at the line's end instead of the name,
    or with `beside` at its last point; `below` it, where there is room.
    """

    name: str
    x: Values
    y: Values
    ink: str = "accent"
    look: Literal["line", "points", "steps", "bars"] = "line"
    raw: Values | None = None
    faint: bool = False
    end: str | None = None
    beside: bool = False
    below: bool = False

    @property
    def data(self) -> Values:
        """The values as they are, without smoothing."""
        return self.y if self.raw is None else self.raw


def level(name: str, y: float, ink: str = "warn") -> Line:
    """A horizontal line: a threshold."""
    return Line(name, np.array([-np.inf]), np.array([y]), ink, "steps")


@dataclass(frozen=True)
class Mark:
    """Something that happened at x; `strong` ones are drawn over the whole height."""

    x: float
    text: str
    ink: str = "muted"
    strong: bool = False


@dataclass(frozen=True)
class Scale:
    """An axis: what it counts, with its unit; whether it is logarithmic, and whether it counts whole things."""

    name: str = ""
    log: bool = False
    whole: bool = False

    def forward(self, values: Values) -> NDArray[np.float64]:
        """Where values lie on the axis; NaN where they have no place on it."""
        known = np.abs(values) < _MOST
        if not self.log:
            return np.where(known, values, np.nan)
        return np.log10(np.where(known & (values > 0), values, np.nan))

    def place(self, value: float) -> float:
        return float(self.forward(np.array([value], float))[0])

    def value(self, place: float) -> float:
        """What stands at a place of the axis."""
        return 10.0 ** min(place, 300.0) if self.log else place


@dataclass(frozen=True, eq=False)
class Stroke:
    """A line as it is drawn, in places of the axes: `line`, and `raw` beneath it; NaN where it breaks."""

    of: Line
    line: Points
    raw: Points | None = None


@dataclass(frozen=True)
class Reading:
    """What stands at x: for each line its own x and value, and the marks."""

    x: float
    values: tuple[tuple[Line, float, float], ...]
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True)
class Chart:
    """Lines and marks over two axes."""

    lines: tuple[Line, ...] = ()
    marks: tuple[Mark, ...] = ()
    x: Scale = Scale()
    y: Scale = Scale()

    def extent(self) -> tuple[float, float] | None:
        """From the first to the last place of the x axis that has data; None without any."""
        ends = [_ends(each.x, self.x) for each in self.lines if each.look != "steps"]
        known = [pair for pair in ends if pair is not None]
        if not known:
            return None
        first, last = min(pair[0] for pair in known), max(pair[1] for pair in known)
        return (first, last) if last > first else (first - 0.5, last + 0.5)

    def strokes(self, start: float, stop: float, width: int) -> list[Stroke]:
        """The lines between two places of the x axis, in at most two points for each of `width` columns."""
        made = []
        for each in self.lines:
            asked = (each.look, self.x, self.y, start, stop, width)
            raw = None if each.raw is None else outline(each.x, each.raw, *asked)
            made.append(Stroke(each, outline(each.x, each.y, *asked), raw))
        return made

    def limits(self, strokes: Sequence[Stroke]) -> tuple[float, float]:
        """From which to which place the y axis reaches. It begins with 0 where that costs at most half of it."""
        parts = [part[1] for each in strokes if each.of.look != "steps" for part in (each.line, each.raw) if part]
        low, high = _range(parts)
        levels = np.concatenate([np.zeros(0), *(each.line[1] for each in strokes if each.of.look == "steps")])
        if math.isnan(low):
            low, high = _range([levels])
        elif not self.y.log:
            levels = levels[np.abs(levels) <= _FAR * max(abs(low), abs(high))]
        else:
            levels = levels[np.abs(levels - (low + high) / 2) <= 1 + (high - low) / 2]
        if math.isnan(low):
            return (-1.0, 0.0) if self.y.log else (0.0, 1.0)
        low, high = _range([np.array([low, high]), levels])
        room = 0.05 * (high - low) or (0.1 if self.y.log else 0.1 * abs(high) or 1.0)
        if not self.y.log and (0 <= low <= high - low or 0 <= low == high):
            return 0.0, high + room
        return low - room, high + room

    def read(self, at: float, near: float = 0.0) -> Reading | None:
        """The values at the step nearest to `at`, and the marks within `near` of it; None without data."""
        lines = [each for each in self.lines if each.look == "line" and len(each.x)]
        lines = lines or [each for each in self.lines if each.look == "points" and len(each.x)]
        if lines:
            nearest = [float(each.x[_nearest(each.x, at)]) for each in lines]
            there = min(nearest, key=lambda x: abs(x - at))
            near = max(near, abs(there - at))
        else:
            there = at
        values = [(each, *found) for each in self.lines if (found := _value(each, there, near)) is not None]
        marks = tuple(each for each in self.marks if abs(each.x - at) <= near)
        return Reading(there, tuple(values), marks) if values else None


def _ends(x: Values, scale: Scale) -> tuple[float, float] | None:
    """The first and the last place of ascending x; None where none is on the axis."""
    first = int(np.searchsorted(x, 0.0, "right")) if scale.log else 0
    return (scale.place(float(x[first])), scale.place(float(x[-1]))) if first < len(x) else None


def _range(parts: Sequence[NDArray[np.float64]]) -> tuple[float, float]:
    """The least and the greatest number; NaN without any."""
    known = np.concatenate([np.zeros(0), *parts])
    known = known[np.isfinite(known)]
    return (float(known.min()), float(known.max())) if len(known) else (math.nan, math.nan)


def _nearest(x: Values, at: float) -> int:
    after = min(int(np.searchsorted(x, at)), len(x) - 1)
    return after - 1 if after and at - x[after - 1] <= x[after] - at else after


def _value(line: Line, at: float, near: float) -> tuple[float, float] | None:
    """The x and the value that a line has at `at`."""
    if not len(line.x):
        return None
    if line.look == "line":
        index = _nearest(line.x, at)
        # A run that ended before has no value here; one on another clock has its nearest.
        inside = line.x[0] - near <= at <= line.x[-1] + near
    else:
        index = int(np.searchsorted(line.x, at, "right")) - 1
        inside = index >= 0 and (line.look != "bars" or at < line.x[-1])
    return (float(line.x[index]), float(line.data[index])) if inside else None
