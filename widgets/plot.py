"""A plot: named lines over one axis, painted from arrays. Hovering reads the values; the wheel zooms."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from widgets import theme
from widgets.axis import zoomed
from widgets.balloon import paint_reading
from widgets.chart import Chart, Line, Mark, Reading, Scale, level
from widgets.figure import Figure
from widgets.stroke import ink
from widgets.view import guarded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QResizeEvent

__all__ = ["Chart", "Line", "Mark", "Plot", "Scale", "level"]

_NEAR = 4
"""Pixels within which the pointer is on a mark."""
_ZOOM = 1.25


class Plot(QWidget):
    """`put(lines, ...)` shows lines; `spanned(span)` tells of a zoom, for plots that go along by `set_span`."""

    spanned = Signal(object)

    def __init__(self, name: str, empty: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.chart = Chart()
        self.empty = empty
        self._span: tuple[float, float] | None = None
        self._pointer: QPointF | None = None
        self._dragged: float | None = None
        self._made: Figure | None = None
        self.setMouseTracking(True)
        self.setAccessibleName(name)

    def put(
        self, lines: Sequence[Line], marks: Sequence[Mark] = (), x: Scale | None = None, y: Scale | None = None
    ) -> None:
        """Show these lines. A zoom stays as it is, unless the x axis counts something else."""
        x, y = x or Scale(), y or Scale()
        ends = self.chart.extent()
        if x != self.chart.x:
            self._span = None
        self.chart = Chart(tuple(lines), tuple(marks), x, y)
        now = self.chart.extent()
        if self._span is not None and ends is not None and now is not None and self._span[1] >= ends[1]:
            self._span = (self._span[0] + now[1] - ends[1], now[1])  # what saw the newest goes on seeing it
        self.touch()

    def set_span(self, span: tuple[float, float] | None) -> None:
        """Show a stretch of the x axis (of its logarithm, where it is logarithmic); None shows all."""
        if span != self._span:
            self._span = span
            self.touch()
            self.spanned.emit(span)

    def window_of(self) -> tuple[float, float, float, float] | None:
        """The left end and the width in pixels of what lies between two places of the x axis, and these."""
        figure = self._figure()
        return None if figure is None else (figure.box.left(), figure.box.width(), figure.start, figure.stop)

    def touch(self) -> None:
        """Lay it out again, and paint."""
        self._made = None
        self.update()

    def read(self, x: float) -> Reading | None:
        """What stands at a pixel."""
        figure = self._figure()
        if figure is None:
            return None
        near = _NEAR * (figure.stop - figure.start) / figure.box.width()
        at = figure.place(x)
        value = self.chart.x.value
        return self.chart.read(value(at), value(at + near) - value(at))

    def sizeHint(self) -> QSize:
        return QSize(40 * theme.GRID, 24 * theme.GRID)

    def minimumSizeHint(self) -> QSize:
        return QSize(12 * theme.GRID, 8 * theme.GRID)

    def _figure(self) -> Figure | None:
        """Where everything lies; None without data or room."""
        if self._made is None:
            extent = self.chart.extent()
            if extent is None or min(self.width(), self.height()) < 48:
                return None
            self._made = Figure(self.chart, self._span or extent, self.width(), self.height())
        return self._made

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        try:
            figure = self._figure()
            if figure is not None:
                figure.paint(painter)
                if self._pointer is not None and figure.box.contains(self._pointer):
                    self._paint_reading(painter, figure, self._pointer)
            elif self.empty:
                painter.setPen(theme.current().colour("muted"))
                painter.setFont(theme.font(theme.SMALL))
                flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
                painter.drawText(QRectF(self.rect()).adjusted(8, 4, -8, -4), flags, self.empty)
        finally:
            painter.end()

    def _paint_reading(self, painter: QPainter, figure: Figure, pointer: QPointF) -> None:
        reading = self.read(pointer.x())
        if reading is not None:
            x = figure.x(self.chart.x.place(reading.x))
            painter.fillRect(QRectF(round(x), figure.box.top(), 1, figure.box.height()), ink("muted"))
            for line, at, value in reading.values:
                y = figure.y(self.chart.y.place(value))
                if line.look in ("line", "points") and math.isfinite(y):
                    painter.fillRect(QRectF(figure.x(self.chart.x.place(at)) - 2, y - 2, 5, 5), ink(line.ink))
            paint_reading(painter, QRectF(self.rect()), pointer, reading, self.chart)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._made = None
        super().resizeEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        figure, extent = self._figure(), self.chart.extent()
        turn = event.angleDelta().y()
        if figure is None or extent is None or not turn:
            event.ignore()
            return
        first, length = extent[0], extent[1] - extent[0]
        at = min(max(figure.place(event.position().x()), figure.start), figure.stop)
        start, stop = zoomed(figure.start - first, figure.stop - first, _ZOOM ** (-turn / 120), at - first, length)
        self.set_span(None if stop - start >= length * (1 - 1e-9) else (start + first, stop + first))
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.set_span(None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._dragged = event.position().x()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._dragged = None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._pointer = event.position()
        figure, extent = self._figure(), self.chart.extent()
        if self._dragged is not None and self._span is not None and figure is not None and extent is not None:
            moved = figure.place(self._dragged) - figure.place(event.position().x())
            moved = min(max(moved, extent[0] - figure.start), extent[1] - figure.stop)
            self._dragged = event.position().x()
            self.set_span((figure.start + moved, figure.stop + moved))
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._pointer = None
        self.update()
