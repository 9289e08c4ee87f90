"""Loss over time: how much what is true surprises a network that names every frame."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPen

from engine.trace import Key
from widgets import axis, reduce, theme
from widgets.heat import HeatLane
from widgets.strip import number
from widgets.stroke import ink
from widgets.unit import curves

if TYPE_CHECKING:
    from PySide6.QtGui import QPainter

    from engine.trace import Series
    from widgets.lane import Reading
    from widgets.strip import Strip

TITLE = "Loss"
LANE = True
ORDER = 82
LEFT_OUT = True
_WRONG = 4
"""Pixels of the bar below the line."""


class View(HeatLane):
    """A line over time; below it the frames that are called by another class than the true one."""

    TITLE = TITLE
    NAMES = ("loss",)
    WEIGHT = 2
    ABOUT = (
        "How much what is true surprises the network at each frame: -log p of the true class, in nats. 0 is "
        "certainty; the line across is what guessing costs. The mean is the cross entropy, which training makes "
        "small. Red at the foot: frames that are called by another class."
    )
    ABSENT = "This needs a network that names every frame, as those for phonemes do, and a clip with its truth."

    def wants(self, key: Key) -> bool:
        """Live, nobody knows the truth."""
        return False

    def span_of(self, key: Key, series: Series) -> tuple[float, float]:
        return 0.0, max(float(series.values.max(initial=0.0)), 1.1 * self._guess())

    def badge(self) -> str:
        values, (true, called, _) = self.strips[0].series.values, self._classes()
        right = 100 * float((true == called).mean()) if len(true) else 0.0
        return f"<b style='color:{theme.current().text}'>mean {values.mean():.3f}</b><br>{right:.1f} % right"

    def _classes(self) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
        """The true class [T] and the likeliest one [T] of every frame, and the names of all."""
        source = self.source()
        told = source[Key("posterior")]
        true = source[Key("truth")].values[:, 0].astype(int)
        return true, told.values.argmax(axis=1), tuple(str(each) for each in told.rows)

    def _guess(self) -> float:
        """The loss of calling all classes alike."""
        return math.log(max(self.source()[Key("posterior")].values.shape[1], 1))

    def _say_nothing(self) -> None:
        super()._say_nothing()
        if self.live:
            self.say("What is true is known of clips alone: end the live view first.")

    # The picture.

    def _dress_header(self, table_theme: str) -> None:
        """A line needs no bar of colours."""
        self.header.set_badge(self.badge())

    def _draw_strip(self, strip: Strip) -> None:
        """The line is made as it is painted: it has a point a pixel at most."""

    def paint(self, painter: QPainter, area: QRectF) -> None:
        for strip in self.strips:
            box = self.box(1, 0).adjusted(0, 3, 0, -_WRONG - 2)
            guess = box.bottom() - self._guess() / strip.high * box.height()
            painter.fillRect(QRectF(box.left(), round(guess), box.width(), 1), ink("grid"))
            self._paint_wrong(painter, strip)
            painter.setPen(QPen(ink("accent"), 1.5))
            painter.setRenderHint(painter.RenderHint.Antialiasing)
            for curve in curves(strip, box, self.axis(), strip.series.values, *self.clock(strip.series)):
                painter.drawPolyline(curve)
            painter.setRenderHint(painter.RenderHint.Antialiasing, False)

    def _paint_wrong(self, painter: QPainter, strip: Strip) -> None:
        true, called, _ = self._classes()
        (first, rate), span, box = self.clock(strip.series), self.span(), self.box(1, 0)
        wrong = (true != called)[:, None].astype(np.float32)
        found = reduce.columns(wrong, rate, first, span.start, span.stop, int(box.width()), "most")
        edges = np.flatnonzero(np.diff(found.values[:, 0] > 0, prepend=False, append=False)) + found.first
        for start, stop in edges.reshape(-1, 2).tolist():
            painter.fillRect(QRectF(box.left() + start, box.bottom() - _WRONG, stop - start, _WRONG), ink("bad"))

    def marks(self, strip: Strip, height: float) -> list[tuple[float, str]]:
        """None, that of guessing, and the greatest where it is far from that."""
        guess, edge = 1 - self._guess() / strip.high, 7 / height
        found = [(guess, "guess"), (1 - edge, "0")]
        return [*found, (edge, number(strip.high))] if guess > 3 * edge else found

    def _reading(self, strip: Strip, unit: int, time: float) -> Reading:
        """No unit: what is under the pointer is a moment, its loss, and both classes."""
        found = super()._reading(strip, unit, time)
        parts = [axis.clock(time)]
        if found.value is not None:
            first, rate = self.clock(strip.series)
            frame = int(np.floor((time - first) * rate + 0.5))
            true, called, names = self._classes()
            parts += [f"{number(found.value, 3)} nats", f"true “{names[true[frame]]}”"]
            parts.append(f"called “{names[called[frame]]}”")
        return replace(found, text="   ".join(parts), key=None, unit=None)
