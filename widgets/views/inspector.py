"""The inspector: one unit, its state and gates over the visible time, with their values at the cursor."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen, QPolygonF

from engine.session import Span
from engine.trace import Key
from widgets import axis, line, reduce, theme
from widgets.ring import keep
from widgets.strip import number
from widgets.view import MONITORED, guarded
from widgets.view import View as Base

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from engine.session import Session
    from engine.trace import Series
    from widgets.ring import Ring

TITLE = "Inspector"
LANE = False
ORDER = 10
_WORDS = {
    "h": ("h", "hidden state"),
    "c": ("c", "cell state"),
    "gate.f": ("f", "forget gate"),
    "gate.i": ("i", "input gate"),
    "gate.o": ("o", "output gate"),
    "gate.g": ("g", "candidate"),
    "gate.r": ("r", "reset gate"),
    "gate.z": ("z", "update gate"),
    "gate.n": ("n", "candidate"),
    "posterior": ("p", "probability"),
}
_CELL = tuple(name for name in _WORDS if name != "posterior")
_HEAD, _ROW, _LEFT, _SCALE, _FOOT = 48, 52, 88, 32, 14
_PAUSE = 0.05
"""Seconds between two pictures of a live unit."""


class Row(NamedTuple):
    """One curve: values [T, 1], the time of the first, their rate, and the limits of the vertical axis."""

    key: Key
    values: np.ndarray
    first: float
    rate: float
    limits: tuple[float, float]


class View(Base):
    """Follows the cursor: its time, and the unit that was clicked in a lane."""

    TITLE = TITLE

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._rows: list[Row] = []
        self._span = Span(0.0, 1.0)
        self._rings: dict[Key, Ring] = {}
        self._now = 0.0
        self._drawn = 0.0
        self._was_live = False
        self.watch("cursor", "traced", "view", "transport")
        session.on("live", self._arrived)

    def sizeHint(self) -> QSize:
        return QSize(30 * theme.GRID, _HEAD + 6 * _ROW + _FOOT)

    def minimumSizeHint(self) -> QSize:
        return QSize(24 * theme.GRID, _HEAD + 2 * _ROW)

    def refresh(self) -> None:
        self._drawn = time.monotonic()
        state = self.session.state
        key, unit = state.cursor.key, state.cursor.unit
        self._span = state.view
        if state.transport.live:
            seconds = min(max(state.view.seconds, 1.0), 20.0)
            self._span = Span(self._now - seconds, self._now)
        self._rows = []
        if state.transport.live and state.monitored is not None:
            self.say(MONITORED)
            return
        if key is None or unit is None:
            self.say("Click a unit in the hidden state or in a gate: its inner life is drawn here.")
            return
        for each in self._keys(key):
            found = self._series(each)
            if found is not None and unit < found[0].shape[1]:
                values, first, rate, limits = found
                mine = values[:, unit : unit + 1]
                self._rows.append(Row(each, mine, first, rate, limits or _reach(mine)))
        self.say("" if self._rows else "This network has no such unit. Click another one in a lane.")
        if self._rows:
            known = [(row.key.name, self._at(row)) for row in self._rows]
            words = [f"{_names(name)[1]} {number(value, 3)}" for name, value in known if value is not None]
            self.setAccessibleDescription(f"Unit {unit}: {', '.join(words)}")
            self.setToolTip(self.axes(key))

    def _title(self, key: Key, unit: int) -> str:
        """Which row it is: a unit's number, or what the class is called."""
        traced = self.session.state.traced
        series = traced.trace.series.get(key) if traced is not None else None
        if series is None or unit >= len(series.rows):
            return f"Unit {unit}"
        return f"{series.axis.capitalize()} {series.rows[unit] or 'blank'}"

    def axes(self, key: Key) -> str:
        """The axes of a series by name, each with how much there is of it; live there is ever more of time."""
        traced, live = self.session.state.traced, self.session.state.transport.live
        series = traced.trace.series.get(key) if traced is not None else None
        if live or series is None:
            return ""
        frames, rows = series.values.shape
        return f"frame {frames} × {series.axis} {rows}"

    def _keys(self, key: Key) -> list[Key]:
        """A cell's own series, or the one that was clicked where it belongs to no cell."""
        if key.name not in _CELL:
            return [key]
        return [Key(name, key.layer, key.direction) for name in _CELL]

    def _series(self, key: Key) -> tuple[np.ndarray, float, float, tuple[float, float] | None] | None:
        """Values [T, N], the time of the first frame, the rate and the limits of the vertical axis."""
        state = self.session.state
        if state.transport.live:
            ring = self._rings.get(key)
            if ring is None:
                return None
            values, first = ring.between(self._span.start, self._span.stop)
            return values, first, ring.rate, _limits(key, None)
        traced = state.traced
        series = traced.trace.series.get(key) if traced is not None else None
        if series is None or traced is None:
            return None
        start, scale = traced.trace.start, traced.scale
        first = start + (series.first - start) / scale
        return series.values, first, series.rate * scale, _limits(key, series)

    def tick(self) -> None:
        """Live, twenty times a second: figures that change faster cannot be read."""
        if self._runs() and time.monotonic() - self._drawn < _PAUSE:
            return
        super().tick()

    def _runs(self) -> bool:
        transport = self.session.state.transport
        return transport.live and not transport.frozen

    def _time(self) -> float:
        """The cursor's time; live, the newest moment."""
        return self._now if self._runs() else self.session.state.cursor.time

    def _at(self, row: Row) -> float | None:
        """The value at the cursor."""
        _, values, first, rate, _ = row
        frame = int(np.floor((self._time() - first) * rate + 0.5))
        if self._runs():
            frame = min(frame, len(values) - 1)
        if not 0 <= frame < len(values):
            return None
        found = float(values[frame, 0])
        return None if np.isnan(found) else found

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        self.renew()
        painter = QPainter(self)
        try:
            if self._rows and not self.trouble:
                self._paint(painter)
        finally:
            painter.end()

    def _paint(self, painter: QPainter) -> None:
        palette, cursor = theme.current(), self.session.state.cursor
        painter.setFont(theme.font(theme.LARGE, bold=True))
        painter.setPen(palette.colour("text"))
        key = cursor.key
        if key is None:
            return
        top = QRectF(theme.GRID, theme.GRID // 2, self.width() - 2 * theme.GRID, 20)
        painter.drawText(top, Qt.AlignmentFlag.AlignLeft, self._title(key, int(cursor.unit or 0)))
        painter.drawText(top, Qt.AlignmentFlag.AlignRight, axis.clock(self._time()))
        painter.setFont(theme.font(theme.SMALL))
        painter.setPen(palette.colour("muted"))
        arrow = "forward in time" if key.direction == "forward" else "backward in time"
        below = top.translated(0, 20)
        layer, axes = f"layer {key.layer}, {arrow}" if key.layer else "", self.axes(key)
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft, layer)
        if painter.fontMetrics().horizontalAdvance(f"{layer}   {axes}") < below.width():
            painter.drawText(below, Qt.AlignmentFlag.AlignRight, axes)
        height = min(2.4 * _ROW, max(0.7 * _ROW, (self.height() - _HEAD - _FOOT) / len(self._rows)))
        for index, row in enumerate(self._rows):
            box = QRectF(0, _HEAD + index * height, self.width(), height - 4)
            self._paint_row(painter, box, row, palette.curves[index % len(palette.curves)])
        self._paint_times(painter, _HEAD + len(self._rows) * height - 2)

    def _paint_times(self, painter: QPainter, top: float) -> None:
        """Where the shared time axis begins and ends, below the last curve."""
        box = QRectF(_LEFT + _SCALE, top, self.width() - _LEFT - _SCALE - theme.GRID, _FOOT)
        painter.setFont(theme.font(theme.SMALL - 1))
        painter.setPen(theme.current().colour("muted"))
        for at, side in (
            (self._span.start, Qt.AlignmentFlag.AlignLeft),
            (self._span.stop, Qt.AlignmentFlag.AlignRight),
        ):
            if at >= 0:  # a live stream fills the lanes from their right edge
                painter.drawText(box, side | Qt.AlignmentFlag.AlignTop, axis.clock(at, 2))

    def _paint_row(
        self,
        painter: QPainter,
        box: QRectF,
        row: Row,
        ink: str,
    ) -> None:
        palette = theme.current()
        key, values, first, rate, (low, high) = row
        letter, words = _names(key.name)
        plot = box.adjusted(_LEFT + _SCALE, 0, -theme.GRID, 0)
        painter.fillRect(plot, palette.colour("ground"))
        self._paint_names(painter, box, letter, words, self._at(row))
        painter.setFont(theme.font(theme.SMALL - 1))
        painter.setPen(palette.colour("muted"))
        scale = QRectF(box.left() + _LEFT - 4, box.top(), _SCALE, box.height())
        right = Qt.AlignmentFlag.AlignRight
        painter.drawText(scale, right | Qt.AlignmentFlag.AlignTop, number(high))
        painter.drawText(scale, right | Qt.AlignmentFlag.AlignBottom, number(low))
        zero = plot.bottom() - (0 - low) / (high - low) * plot.height()
        middle = QRectF(plot.left(), min(zero, plot.bottom() - 1), plot.width(), 1)
        painter.fillRect(middle, palette.colour("grid"))
        painter.save()
        painter.setClipRect(plot)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        # Twice a pixel wide: for one line of 1.3 Qt takes fifteen times as long.
        painter.setPen(QPen(QColor(ink), 1.0))
        for each in _lines(values, first, rate, self._span, plot.adjusted(0, 2, 0, -2), low, high):
            painter.drawPolyline(each)
            painter.drawPolyline(each.translated(0.0, 0.5))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        share = (self._time() - self._span.start) / max(self._span.seconds, 1e-9)
        x = plot.left() + share * plot.width()
        painter.fillRect(QRectF(round(x), plot.top(), 1, plot.height()), palette.colour("accent"))
        painter.restore()

    def _paint_names(self, painter: QPainter, box: QRectF, letter: str, words: str, value: float | None) -> None:
        palette = theme.current()
        left, width = box.left() + theme.GRID, _LEFT - theme.GRID
        face = theme.font(theme.TEXT, bold=True)
        tall = QFontMetricsF(face).height()
        painter.setFont(face)
        painter.setPen(palette.colour("text"))
        top = QRectF(left, box.top(), width, tall)
        painter.drawText(top, Qt.AlignmentFlag.AlignLeft, letter)
        figure = "" if value is None else number(value, 3)
        painter.drawText(top.adjusted(16, 0, -4, 0), Qt.AlignmentFlag.AlignRight, figure)
        painter.setFont(theme.font(theme.SMALL))
        painter.setPen(palette.colour("muted"))
        if words != letter:
            painter.drawText(top.translated(0, tall), Qt.AlignmentFlag.AlignLeft, words)

    def _arrived(self) -> None:
        transport = self.session.state.transport
        if transport.frozen or not transport.live:
            return
        for frames in self.session.state.live:
            end = frames.start + len(frames.samples) / frames.rate
            if end < self._now - 1:
                self._rings.clear()
            self._now = end
            for key, series in frames.series.items():
                if key.name in _WORDS and len(series.values):
                    keep(self._rings, key, series)
        self.mark()


def _names(name: str) -> tuple[str, str]:
    return _WORDS.get(name, (name, name))


def _limits(key: Key, series: Series | None) -> tuple[float, float] | None:
    """The natural range of a series; None where it has none."""
    if series is not None and series.low is not None and series.high is not None:
        return series.low, series.high
    if key.name in ("gate.g", "gate.n") or (key.name == "h" and series is None):
        return -1.0, 1.0
    return (0.0, 1.0) if key.name.startswith("gate.") or key.name == "posterior" else None


def _reach(values: np.ndarray) -> tuple[float, float]:
    """As far as one unit goes, alike to both sides of 0."""
    known = values[np.isfinite(values)]
    most = max(float(np.abs(known).max(initial=0.0)), 1e-3)
    return -most, most


def _lines(
    values: np.ndarray, first: float, rate: float, span: Span, box: QRectF, low: float, high: float
) -> list[QPolygonF]:
    width = max(1, int(box.width()))
    found = reduce.columns(values, rate, first, span.start, span.stop, width, "peak")
    seen = found.values[:, 0]
    x = box.left() + found.first + np.arange(len(seen)) + 0.5
    y = box.bottom() - np.clip((seen - low) / (high - low), 0.0, 1.0) * box.height()
    return [line.polyline(x[part], y[part]) for part in line.stretches(seen)]
