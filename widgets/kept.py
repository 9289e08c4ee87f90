"""A picture that is kept: painted once, and put on the screen again as long as nothing in it has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QPainter, QPixmap

from widgets import theme

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtCore import QRectF

    from widgets.lane import Lane


class Kept:
    """For a lane whose painting takes long: while the cursor moves over it, it is not painted anew."""

    def __init__(self, lane: Lane) -> None:
        self._lane = lane
        self._pixmap: QPixmap | None = None
        self._area: QRectF | None = None

    def forget(self) -> None:
        """What is shown has changed."""
        self._pixmap = None

    def paint(self, painter: QPainter, area: QRectF, draw: Callable[[QPainter, QRectF], None]) -> None:
        """What `draw` paints in `area`, on the ground of data."""
        if self._pixmap is None or self._area != area:
            ratio = self._lane.canvas.devicePixelRatioF()
            size = (area.size() * ratio).toSize()
            pixmap = QPixmap(max(size.width(), 1), max(size.height(), 1))
            pixmap.setDevicePixelRatio(ratio)
            pixmap.fill(theme.current().colour("ground"))
            inner = QPainter(pixmap)
            try:
                inner.translate(-area.topLeft())
                draw(inner, area)
            finally:
                inner.end()
            self._pixmap, self._area = pixmap, area
        painter.drawPixmap(area.topLeft(), self._pixmap)
