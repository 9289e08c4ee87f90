"""Products: every pair of values that bilinear pooling multiplies, at the frame under the cursor."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter

from engine.trace import Key
from widgets import colour, image, theme
from widgets.view import View as Base
from widgets.view import guarded

if TYPE_CHECKING:
    from PySide6.QtGui import QMouseEvent, QPaintEvent
    from PySide6.QtWidgets import QWidget

    from engine.session import Session
    from engine.trace import Series

TITLE = "Products"
LANE = False
ORDER = 46
_LEFT, _TOP, _EDGE = 24, 28, 8
_ASK = "Only a bilinear network multiplies two streams: train one by the recipe ains_bilinear."
_ABOUT = (
    "The outer product of both streams at the cursor: a row for each value of the first, f1, a column for each of "
    "the second, f2. Full pooling weighs every cell, low-rank pooling sums of rows times sums of columns."
)


class View(Base):
    """f1 (down) times f2 (across), as colours alike to both sides of 0; under the mouse, a cell in numbers."""

    TITLE = TITLE

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.pair: tuple[np.ndarray, np.ndarray] | None = None
        self._words = ""
        self.setMouseTracking(True)
        self.setToolTip(_ABOUT)
        self.setWhatsThis(_ABOUT)
        self.watch("traced", "cursor", "network")

    def sizeHint(self) -> QSize:
        return QSize(30 * theme.GRID, 30 * theme.GRID)

    def minimumSizeHint(self) -> QSize:
        return QSize(20 * theme.GRID, 20 * theme.GRID)

    @property
    def products(self) -> np.ndarray:
        """[N, K] of the frame that is shown."""
        assert self.pair is not None
        return np.outer(*self.pair)

    def refresh(self) -> None:
        traced = self.session.state.traced
        series = traced.trace.series if traced is not None else {}
        first, second = series.get(Key("f1")), series.get(Key("f2"))
        if traced is None or first is None or second is None or not len(first.values):
            self.pair, self._words = None, ""
            self.say(_ASK)
            return
        self.say("")
        start = traced.trace.start
        time = start + (self.session.state.cursor.time - start) * traced.scale
        self.pair = _at(first, time), _at(second, time)
        self._words = f"f1 × f2 at {self.session.state.cursor.time:.2f} s"

    def box(self) -> QRectF:
        """Where the picture lies."""
        side = max(1, min(self.width() - _LEFT - _EDGE, self.height() - _TOP - _LEFT))
        return QRectF(_LEFT, _TOP, side, side)

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        painter, palette = QPainter(self), theme.current()
        try:
            painter.fillRect(self.rect(), palette.colour("ground"))
            if self.pair is None:
                return
            values, box = self.products, self.box()
            most = max(float(np.abs(values).max()), 1e-6)
            table = colour.table("signed", palette.name)
            painter.drawImage(box, image.picture(values.T, -most, most, table, upward=False))
            painter.setFont(theme.font(theme.SMALL))
            painter.setPen(palette.colour("text"))
            painter.drawText(
                QRectF(_EDGE, 4, self.width() - 2 * _EDGE, 20), Qt.AlignmentFlag.AlignLeft, self._words
            )
            painter.setPen(palette.colour("muted"))
            centre = Qt.AlignmentFlag.AlignCenter
            painter.drawText(
                QRectF(box.left(), box.bottom() + 2, box.width(), 18), centre, "f2, the second stream"
            )
            painter.translate(12, box.center().y())
            painter.rotate(-90)
            painter.drawText(QRectF(-100, -9, 200, 18), centre, "f1, the first stream")
        finally:
            painter.end()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        place, box = event.position(), self.box()
        if self.pair is None or not box.contains(place):
            return
        f1, f2 = self.pair
        row = min(len(f1) - 1, int((place.y() - box.top()) / box.height() * len(f1)))
        column = min(len(f2) - 1, int((place.x() - box.left()) / box.width() * len(f2)))
        self._words = f"f1[{row}] {f1[row]:+.2f} × f2[{column}] {f2[column]:+.2f} = {f1[row] * f2[column]:+.3f}"
        self.update()


def _at(series: Series, time: float) -> np.ndarray:
    """The values [N] of the frame at a moment, or of the nearest there is."""
    frame = math.floor((time - series.first) * series.rate + 0.5)
    found: np.ndarray = series.values[max(0, min(frame, len(series.values) - 1))]
    return found
