"""The trace of one unit, drawn over its heat map, with its name at its row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from widgets import line, reduce, theme

if TYPE_CHECKING:
    from PySide6.QtGui import QPolygonF

    from widgets.axis import Axis
    from widgets.strip import Strip


def paint_curves(painter: QPainter, curves: list[QPolygonF]) -> None:
    """The curves of a unit over its strip."""
    palette = theme.current()
    # Lines of a pixel beside each other: for one wide line Qt takes twenty times as long.
    halo, core = palette.colour("ground", 0.75), palette.colour("text")
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for curve in curves:
        for ink, places in ((halo, (-2.0, -1.0, 1.0, 2.0)), (core, (0.0, 0.5))):
            painter.setPen(QPen(ink, 1.0))
            for place in places:
                painter.drawPolyline(curve.translated(0.0, place))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def curves(
    strip: Strip, box: QRectF, axis: Axis, values: np.ndarray, first: float, rate: float
) -> list[QPolygonF]:
    """Values [T, 1] as lines inside `box`, one for each stretch without gaps."""
    found = reduce.columns(values, rate, first, axis.start, axis.stop, max(1, int(box.width())), "peak")
    seen = found.values[:, 0]
    shares = np.clip((seen - strip.low) / max(strip.high - strip.low, 1e-9), 0.0, 1.0)
    x = box.left() + found.first + np.arange(len(seen)) + 0.5
    y = box.bottom() - shares * box.height()
    return [line.polyline(x[part], y[part]) for part in line.stretches(seen)]


def paint_name(painter: QPainter, box: QRectF, strip: Strip, unit: int, name: str) -> None:
    """A mark at the row of a unit in its strip, which fills `box`, and its name beside the mark."""
    y = box.top() + strip.share(unit) * box.height()
    painter.fillRect(QRectF(box.left(), y - 1, 8, 3), QColor(theme.current().accent))
    face = theme.font(theme.SMALL - 1)
    metrics = QFontMetricsF(face)
    tag = QRectF(box.left() + 10, 0, metrics.horizontalAdvance(name) + 8, metrics.height())
    if box.height() < 2 * tag.height():
        return
    tag.moveTop(min(max(y - tag.height() / 2, box.top() + 1), box.bottom() - tag.height() - 1))
    painter.fillRect(tag, theme.current().colour("raised", 0.9))
    painter.setFont(face)
    painter.setPen(theme.current().colour("text"))
    painter.drawText(tag, Qt.AlignmentFlag.AlignCenter, name)
