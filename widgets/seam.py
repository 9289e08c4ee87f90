"""The marks of the seam test: where a run block by block and one all at once do not agree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF

from widgets import theme

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from PySide6.QtGui import QPainter

    from engine.session import Span
    from widgets.axis import Axis

BAR = 4
"""Pixels of the bar along the lower edge."""
_VEIL = 0.1


def paint_seam(
    painter: QPainter, box: QRectF, axis: Axis, spans: Iterable[Span], clock: Callable[[float], float]
) -> None:
    """Stretches of the processed sound in red; `clock` gives the clip's time of one of its."""
    bar, veil = theme.current().colour("bad"), theme.current().colour("bad", _VEIL)
    for span in spans:
        left, right = axis.x(clock(span.start)), axis.x(clock(span.stop))
        area = QRectF(left, box.top(), max(1.0, right - left), box.height()) & box
        if area.isEmpty():
            continue
        painter.fillRect(area, veil)
        painter.fillRect(QRectF(area.left(), area.bottom() - BAR, area.width(), BAR), bar)
