"""A colour bar: what the colours of a lane mean, as a strip with the values at its ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from widgets import colour, theme
from widgets.view import guarded

if TYPE_CHECKING:
    import numpy as np


class ColourBar(QWidget):
    """What the colours mean: the table as a strip, the values under its ends, or beside them where it is low."""

    HIGH, LOW = 22, 12

    def __init__(self) -> None:
        super().__init__()
        self._image: QImage | None = None
        self._low = self._high = ""
        self._table: np.ndarray | None = None
        self.setFixedHeight(self.HIGH)

    def show_scale(self, table: np.ndarray | None, low: str, high: str) -> None:
        if (low, high) == (self._low, self._high) and table is self._table:
            return
        self._low, self._high, self._table = low, high, table
        self.setAccessibleName(f"Colours from {low} to {high}")
        if table is None:
            self._image = None
        else:
            self._image = QImage(table.data, len(table), 1, 4 * len(table), QImage.Format.Format_RGB32).copy()
        self.update()

    def fit(self, height: int) -> int:
        """Take the form that a height has room for; how high that is."""
        self.setFixedHeight(self.HIGH if height >= self.HIGH else self.LOW)
        return self.height()

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        if self._image is None:
            return
        with QPainter(self) as painter:
            painter.setFont(theme.font(theme.SMALL - 1))
            if self.height() < self.HIGH:
                self._paint_low(painter, self._image)
            else:
                self._paint_high(painter, self._image)

    def _paint_high(self, painter: QPainter, picture: QImage) -> None:
        """The strip, and the values of its ends below it."""
        palette = theme.current()
        box = QRectF(20, 1, self.width() - 24, 6)
        painter.drawImage(box, picture, QRectF(0, 0, colour.LEVELS, 1))
        painter.setPen(palette.colour("line"))
        painter.drawRect(box.adjusted(-0.5, -0.5, 0.5, 0.5))
        painter.setPen(palette.colour("muted"))
        text = QRectF(20, 8, self.width() - 24, 14)
        width = painter.fontMetrics().horizontalAdvance
        high = self._high
        if width(self._low + "  " + high) > text.width():  # no room for the unit
            high = high.split(" ")[0]
        painter.drawText(text, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, self._low)
        painter.drawText(text, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop, high)

    def _paint_low(self, painter: QPainter, picture: QImage) -> None:
        """One line: a value, the strip, a value."""
        palette, width = theme.current(), painter.fontMetrics().horizontalAdvance
        high = self._high if width(self._low + self._high) < 64 else self._high.split(" ")[0]
        text = QRectF(20, 0, self.width() - 24, self.height())
        painter.setPen(palette.colour("muted"))
        painter.drawText(text, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, self._low)
        painter.drawText(text, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, high)
        box = QRectF(0, 3, 0, 6)
        box.setLeft(text.left() + width(self._low) + 6)
        box.setRight(text.right() - width(high) - 6)
        painter.drawImage(box, picture, QRectF(0, 0, colour.LEVELS, 1))
        painter.setPen(palette.colour("line"))
        painter.drawRect(box.adjusted(-0.5, -0.5, 0.5, 0.5))
