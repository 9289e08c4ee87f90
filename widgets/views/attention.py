"""Attention: how much each frame counts, or which frames each frame looks at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from widgets.heat import HeatLane

if TYPE_CHECKING:
    from engine.trace import Key, Series
    from widgets.strip import Strip

TITLE = "Attention"
LANE = True
ORDER = 70
AUTO = True
"""Shown only where the network has it."""


class View(HeatLane):
    """Shares of 1, coloured from 0 to the greatest one; over a frame, downward, the frames it attends to."""

    TITLE = TITLE
    ABOUT = "Where the network looks back: in the column of each frame, the frames it attends to, in shares of 1."
    NAMES = ("attention",)
    KIND = "share"
    HOW = "most"
    ABSENT = "This network has no attention. Choose one in the Model panel: pooling, or self-attention."

    def span_of(self, key: Key, series: Series) -> tuple[float, float]:
        found = self._ranges.get(key)
        if found is None:
            found = 0.0, max(float(series.values.max(initial=0.0)), 1e-6)
            if self.live:
                self._ranges[key] = found
        return found

    def badge(self) -> str:
        return "weight per frame" if self.strips[0].rows == 1 else "up: seen frames"

    def marks(self, strip: Strip, height: float) -> list[tuple[float, str]]:
        if strip.rows == 1 or strip.series.rows:
            return super().marks(strip, height)
        seconds = strip.rows / strip.series.rate
        return [(0.0, f"{seconds:.1f} s"), (1.0, "0 s")]
