"""A grid of figures as a heat map: a value a cell, written in it, the names of both axes, and the least marked."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QWidget

from widgets import colour, theme
from widgets.ticks import short

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QPaintEvent

_ROW, _COLUMN, _EDGE = 40, 72, 8


class Grid(QWidget):
    """`values` [down][across], None where nothing was measured; light cells are the least, and less is better."""

    def __init__(
        self,
        title: str,
        down: tuple[str, Sequence[object]],
        across: tuple[str, Sequence[object]],
        values: Sequence[Sequence[float | None]],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.title, self.down, self.across = title, down, across
        self.values = np.array([[math.nan if each is None else each for each in row] for row in values])
        self.setAccessibleName(title)

    def sizeHint(self) -> QSize:
        rows, columns = self.values.shape
        return QSize(24 + 104 + columns * _COLUMN, 64 + rows * _ROW)

    def best(self) -> list[tuple[int, int]]:
        """Row and column of the least value, of several if they are equal; none without any."""
        if np.isnan(self.values).all():
            return []
        rows, columns = np.nonzero(self.values == np.nanmin(self.values))
        return list(zip(rows.tolist(), columns.tolist(), strict=True))

    def cell(self, row: int, column: int) -> QRectF:
        """Where a cell lies."""
        left, top = 24.0 + 80.0, 32.0
        rows, columns = self.values.shape
        wide = (self.width() - left - _EDGE) / columns
        high = (self.height() - top - 40.0) / rows
        return QRectF(left + column * wide, top + row * high, wide - 1, high - 1)

    def paintEvent(self, event: QPaintEvent) -> None:
        palette, painter = theme.current(), QPainter(self)
        painter.fillRect(self.rect(), palette.colour("ground"))
        painter.setFont(theme.font(theme.SMALL))
        painter.setPen(palette.colour("text"))
        painter.drawText(QRectF(_EDGE, 4, self.width() - 2 * _EDGE, 20), Qt.AlignmentFlag.AlignVCenter, self.title)
        for row in range(self.values.shape[0]):
            for column in range(self.values.shape[1]):
                self._paint_cell(painter, row, column)
        for at in self.best():
            painter.setPen(QPen(palette.colour("accent"), 3))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.cell(*at).adjusted(1.5, 1.5, -1.5, -1.5))
        self._paint_axes(painter)
        painter.end()

    def _paint_cell(self, painter: QPainter, row: int, column: int) -> None:
        value, box = float(self.values[row, column]), self.cell(row, column)
        if math.isnan(value):
            painter.setPen(theme.current().colour("faint"))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, "n/a")
            return
        low, high = float(np.nanmin(self.values)), float(np.nanmax(self.values))
        table = colour.table("magnitude", theme.current().name)
        place = (value - low) / (high - low) if high > low else 0.0
        ground = QColor.fromRgb(int(table[round(place * (len(table) - 1))]))
        painter.fillRect(box, ground)
        painter.setPen(QColor("black" if ground.lightnessF() > 0.5 else "white"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, short(value, 3))

    def _paint_axes(self, painter: QPainter) -> None:
        palette = theme.current()
        rows, columns = self.values.shape
        painter.setPen(palette.colour("muted"))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for row in range(rows):
            box = self.cell(row, 0)
            painter.drawText(QRectF(24, box.top(), 74, box.height()), right, str(self.down[1][row]))
        for column in range(columns):
            box = self.cell(rows - 1, column)
            place = QRectF(box.left(), box.bottom() + 2, box.width(), 16)
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, str(self.across[1][column]))
        foot = self.cell(rows - 1, 0).united(self.cell(rows - 1, columns - 1))
        painter.drawText(
            QRectF(foot.left(), foot.bottom() + 18, foot.width(), 16), Qt.AlignmentFlag.AlignCenter, self.across[0]
        )
        side = self.cell(0, 0).united(self.cell(rows - 1, 0))
        painter.save()
        painter.translate(16, side.center().y())
        painter.rotate(-90)
        painter.drawText(QRectF(-100, -8, 200, 16), Qt.AlignmentFlag.AlignCenter, self.down[0])
        painter.restore()
