"""A brush: a stretch of time and a range of units in one strip of a lane, drawn with the mouse or by keys."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from widgets.strip import Strip


@dataclass(frozen=True)
class Brush:
    """From one corner to another: `times` in seconds on the clip's clock, `rows` from 0 at the top of a strip."""

    strip: int
    times: tuple[float, float]
    rows: tuple[int, int]

    def to(self, time: float, row: int) -> Brush:
        """The same with its second corner elsewhere."""
        return Brush(self.strip, (self.times[0], time), (self.rows[0], row))

    def span(self, first: float, rate: float, count: int) -> tuple[float, float]:
        """From the edge of a frame to that of another: every frame that it touches, of `count`."""
        low, high = sorted(self.times)
        a, b = (math.floor((each - first) * rate + 0.5) for each in (low, high))
        a, b = min(max(a, 0), count - 1), min(max(b, 0), count - 1)
        return max(0.0, first + (a - 0.5) / rate), first + (b + 0.5) / rate

    def units(self, strip: Strip) -> tuple[int, ...]:
        """The units of its rows in order; none, which means all, where it reaches from top to bottom."""
        low, high = (min(max(each, 0), strip.rows - 1) for each in sorted(self.rows))
        if (low, high) == (0, strip.rows - 1):
            return ()
        rows = range(low, high + 1)
        return tuple(sorted(rows if strip.order is None else (int(strip.order[row]) for row in rows)))
