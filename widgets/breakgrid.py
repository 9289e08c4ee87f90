"""The grid of the break-it map: SNR across, kinds of noise down, a cell a colour, a ring at the sliders."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QPainter, QPen
from PySide6.QtWidgets import QToolTip, QWidget

from widgets import colour, theme
from widgets.stroke import ink
from widgets.ticks import short
from widgets.view import guarded

if TYPE_CHECKING:
    from PySide6.QtGui import QHelpEvent, QMouseEvent, QPaintEvent

    from engine.events import BreakMap

LEFT, BOTTOM, _TOP, _EDGE, _ROW = 64, 34, 4, 8, 18
_MINUS = "\N{MINUS SIGN}"


class BreakGrid(QWidget):
    """`chosen(snr, row)` comes of a click. A cell that fails is crossed out: its colour alone need not tell. One
    that has no value is hatched."""

    chosen = Signal(float, str)

    def __init__(self) -> None:
        super().__init__()
        self.map: BreakMap | None = None
        self.usual = (0.0, 1.0)
        self.at: tuple[float, str] = (math.nan, "")
        self.setAccessibleName("Break-it map")
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def show_map(self, found: BreakMap | None, usual: tuple[float, float]) -> None:
        """Another map; `usual` are the values at the ends of the colours."""
        self.map, self.usual = found, usual
        self.setAccessibleDescription(found.text if found is not None else "")
        self.updateGeometry()
        self.update()

    def show_place(self, snr: float, kind: str) -> None:
        """Where the sliders stand."""
        self.at = snr, kind
        self.update()

    def sizeHint(self) -> QSize:
        rows = len(self.map.rows) if self.map is not None else 11
        return QSize(272, _TOP + rows * _ROW + BOTTOM)

    def minimumSizeHint(self) -> QSize:
        return QSize(240, self.sizeHint().height())

    def area(self) -> QRectF:
        """Where the cells lie."""
        return QRectF(LEFT, _TOP, max(self.width() - LEFT - _EDGE, 8), max(self.height() - _TOP - BOTTOM, 8))

    def cell(self, row: int, column: int) -> QRectF:
        assert self.map is not None
        area, (rows, columns) = self.area(), self.map.values.shape
        wide, high = area.width() / columns, area.height() / rows
        return QRectF(area.left() + column * wide, area.top() + row * high, wide, high)

    def across(self, snr: float) -> float:
        """Where an SNR lies across: the middle of a cell is its own."""
        assert self.map is not None
        place = float(np.interp(snr, self.map.snrs, np.arange(len(self.map.snrs))))
        return self.cell(0, 0).center().x() + place * self.cell(0, 0).width()

    def under(self, point: QPointF) -> tuple[int, int] | None:
        """Row and column under a point."""
        if self.map is None or not self.area().contains(point):
            return None
        area, (rows, columns) = self.area(), self.map.values.shape
        row = int((point.y() - area.top()) / area.height() * rows)
        column = int((point.x() - area.left()) / area.width() * columns)
        return min(row, rows - 1), min(column, columns - 1)

    def tell(self, row: int, column: int) -> str:
        """What is known of a cell."""
        assert self.map is not None
        value, snr = float(self.map.values[row, column]), _decibels(self.map.snrs[column])
        known = "not known yet" if math.isnan(value) else short(value, 3)
        if (row, column) in self.map.reasons:
            known = f"no value, for {self.map.reasons[row, column]}"
        fails = ": fails" if value < self.map.fails else ""
        return f"{self.map.rows[row]} at {snr} dB: {known}{fails}. A click sets the sliders there."

    def mousePressEvent(self, event: QMouseEvent) -> None:
        found = self.under(event.position())
        if found is not None and self.map is not None and event.button() == Qt.MouseButton.LeftButton:
            self.chosen.emit(self.map.snrs[found[1]], self.map.rows[found[0]])

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip:
            helped: QHelpEvent = event  # type: ignore[assignment]
            found = self.under(QPointF(helped.pos()))
            QToolTip.showText(helped.globalPos(), self.tell(*found) if found is not None else "", self)
            return True
        return super().event(event)

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        try:
            if self.map is not None:
                painter.setFont(theme.font(theme.SMALL - 1))
                self._paint_cells(painter, self.map)
                self._paint_axes(painter, self.map)
                self._paint_place(painter, self.map)
        finally:
            painter.end()

    def _paint_cells(self, painter: QPainter, found: BreakMap) -> None:
        table, (low, high) = colour.table("magnitude", theme.current().name), self.usual
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for row, line in enumerate(found.values.tolist()):
            for column, value in enumerate(line):
                box = self.cell(row, column).adjusted(0, 0, -1, -1)
                if math.isnan(value):
                    painter.fillRect(box, ink("ground"))
                    if (row, column) in found.reasons:
                        painter.fillRect(box, QBrush(ink("muted"), Qt.BrushStyle.BDiagPattern))
                    continue
                share = min(max((value - low) / (high - low), 0.0), 1.0)
                ground = QColor.fromRgb(int(table[round(share * (len(table) - 1))]))
                painter.fillRect(box, ground)
                if value < found.fails:
                    painter.setPen(QPen(QColor("black" if ground.lightnessF() > 0.5 else "white"), 1))
                    small = QRectF(0, 0, 5, 5)
                    small.moveCenter(box.center())
                    painter.drawLine(small.topLeft(), small.bottomRight())
                    painter.drawLine(small.bottomLeft(), small.topRight())

    def _paint_axes(self, painter: QPainter, found: BreakMap) -> None:
        painter.setPen(ink("muted"))
        right, middle = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, Qt.AlignmentFlag.AlignCenter
        for row, name in enumerate(found.rows):
            box = self.cell(row, 0)
            painter.drawText(QRectF(0, box.top(), LEFT - 6, box.height()), right, name)
        area = self.area()
        for column, snr in enumerate(found.snrs):
            if column % 4 == 0 or len(found.snrs) < 7:
                place = QRectF(self.across(snr) - 20, area.bottom() + 1, 40, 14)
                painter.drawText(place, middle, _decibels(snr))
        painter.drawText(QRectF(area.left(), area.bottom() + 16, area.width(), 14), middle, "SNR in dB")

    def _paint_place(self, painter: QPainter, found: BreakMap) -> None:
        """A ring at the sliders; where their kind of noise is no row, a line across all of them."""
        snr, kind = self.at
        if math.isnan(snr):
            return
        area, x = self.area(), self.across(snr)
        for width, name in ((4.0, "ground"), (2.0, "accent")):
            painter.setPen(QPen(ink(name), width))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            if kind in found.rows:
                painter.drawEllipse(QPointF(x, self.cell(found.rows.index(kind), 0).center().y()), 6, 6)
            else:
                painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))


def _decibels(snr: float) -> str:
    return f"{snr:g}".replace("-", _MINUS)
