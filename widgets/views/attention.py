"""Attention: how much each frame counts, or which frames each frame looks at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.session import Span
from widgets.heat import HeatLane
from widgets.strip import MINUS

if TYPE_CHECKING:
    from PySide6.QtCore import QPointF

    from engine.trace import Key, Series
    from widgets.strip import Strip

TITLE = "Attention"
LANE = True
ORDER = 70
AUTO = True
"""Shown only where the network has it."""
HEARD = 0.2
"""Seconds that a click lets be heard."""


class View(HeatLane):
    """Shares of 1, coloured from 0 to the greatest one; over a frame, downward, the frames it attends to."""

    TITLE = TITLE
    ABOUT = (
        "Where the network looks back: in the column of each frame, the frames it attends to, in shares of 1. "
        "A click plays the moment that is attended to."
    )
    NAMES = ("attention",)
    KIND = "share"
    HOW = "most"
    ABSENT = "This network has no attention. Choose one in the Model panel: pooling, or self-attention."

    def span_of(self, key: Key, series: Series) -> tuple[float, float]:
        if self.live:
            return 0.0, self.scales.of_stream(key, series)[1]
        return 0.0, max(float(series.values.max(initial=0.0)), 1e-6)

    def badge(self) -> str:
        if self.strips[0].rows == 1:
            return "weight per frame"
        return f"{self.strips[0].rows} frames seen"

    def marks(self, strip: Strip, height: float) -> list[tuple[float, str]]:
        if strip.rows == 1 or strip.series.rows:
            return super().marks(strip, height)
        ahead, back = self._reach(strip)
        found = [(0.0, "now" if not ahead else _seconds(ahead)), (1.0, _seconds(-back))]
        return [*found, ((ahead + 0.5 / strip.series.rate) / (ahead + back), "now")] if ahead else found

    def label(self, strip: Strip, unit: int) -> str:
        if strip.rows == 1:
            return "weight"
        away = unit / strip.series.rate - self._reach(strip)[1]
        return "on itself" if abs(away) < 1e-6 else f"on {_seconds(away)}"

    def clicked(self, point: QPointF) -> None:
        """Set the cursor, and play what the frame there attends to: of one weight a frame, that frame itself."""
        super().clicked(point)
        found = self.read(point)
        if found is None or found.unit is None or self.live or not self.strips:
            return
        strip, away = self.strips[0], 0.0
        if strip.rows > 1:
            rate = self.clock(strip.series)[1]
            away = (found.unit - self._reach(strip)[1] * strip.series.rate) / rate
        middle = min(max(found.time + away, 0.0), self.length())
        start = max(0.0, min(middle - HEARD / 2, self.length() - HEARD))
        self.session.set("moment", None)
        self.session.set("moment", Span(start, start + HEARD))

    def _reach(self, strip: Strip) -> tuple[float, float]:
        """How many seconds each frame sees ahead and back: the oldest frame is the first row."""
        network = self.session.state.network
        ahead = strip.rows // 2 if network is not None and not network.live else 0
        return ahead / strip.series.rate, (strip.rows - 1 - ahead) / strip.series.rate


def _seconds(time: float) -> str:
    return f"{time:+.2f} s".replace("-", MINUS)
