"""Tags of a whole clip: names beside each other, since their order says nothing, and frames where they sound."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPen

from widgets import theme

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtGui import QPainter

    from engine.clip import Label
    from widgets.axis import Axis
    from widgets.labels import Mark


def beside(
    tags: Sequence[Label], others: Sequence[Label] | None, otherwise: Mark, start: float, seconds: float
) -> list[tuple[Label, Mark]]:
    """Each with an equal share of the seconds from `start` on; right where the others have it, if any."""
    names = None if others is None else {each.text for each in others}
    share, found = seconds / max(len(tags), 1), list[tuple["Label", "Mark"]]()
    for place, tag in enumerate(tags):
        mark: Mark = "plain" if names is None else "right" if tag.text in names else otherwise
        found.append((replace(tag, start=start + place * share, end=start + (place + 1) * share), mark))
    return found


def paint_places(
    painter: QPainter,
    heat: QRectF,
    names: Sequence[object],
    places: Sequence[Label],
    axis: Axis,
    clock: Callable[[float], float],
) -> None:
    """A frame where each sound truly is, in the row of its class."""
    pens = [
        QPen(theme.current().colour("ground"), 1),
        QPen(theme.current().colour("text"), 1, Qt.PenStyle.DashLine),
    ]
    painter.setBrush(Qt.BrushStyle.NoBrush)
    height = heat.height() / max(len(names), 1)
    rows = {str(name): row for row, name in enumerate(names)}
    for label in places:
        if label.text in rows:
            left, right = (axis.x(clock(edge)) for edge in (label.start, label.end))
            top = heat.top() + rows[label.text] * height
            for pen in pens:  # light on dark: it is seen on every colour of the map
                painter.setPen(pen)
                painter.drawRect(QRectF(left + 0.5, top + 0.5, right - left - 1, max(height - 1, 2)))
