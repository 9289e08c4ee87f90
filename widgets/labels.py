"""Labels over time, painted as named stretches, with a shape as well as a colour where they are wrong."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen

from widgets import theme

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.clip import Label
    from widgets.axis import Axis

Mark = Literal["plain", "right", "wrong", "extra", "missing"]
_INKS = {"plain": "text", "right": "text", "wrong": "bad", "extra": "bad", "missing": "warn"}
_SIGNS = {"wrong": "≠ ", "extra": "+ ", "missing": "\N{MINUS SIGN} "}
_LEAST = 10


def paint_labels(
    painter: QPainter,
    row: QRectF,
    labels: Sequence[tuple[Label, Mark]],
    axis: Axis,
    clock: Callable[[float], float],
) -> None:
    """Boxes from start to end with their text inside; a text may reach over its box as far as the next label.

    Of labels that lie over each other, each has its text where none of the others begins.
    `clock` turns a label's time into one of the axis; it runs evenly.
    """
    zero = clock(0.0)
    pace = clock(1.0) - zero
    begin, end = (axis.start - zero) / pace, (axis.stop - zero) / pace
    labels = [each for each in labels if each[0].end >= begin and each[0].start <= end]  # of minutes, seconds
    face = theme.font(theme.SMALL)
    metrics = QFontMetricsF(face)
    painter.setFont(face)
    spans = [(axis.x(clock(label.start)), axis.x(clock(label.end))) for label, _ in labels]
    palette, free = theme.current(), row.left() - 1e9
    for index, ((label, mark), (left, right)) in enumerate(zip(labels, spans, strict=True)):
        if right < row.left() or left > row.right():
            continue
        text = _SIGNS.get(mark, "") + label.text
        width = _width(text) + 6
        follows = spans[index + 1][0] if index + 1 < len(spans) else row.right()
        middle = (left + right) / 2
        begin = max(free, min(left, middle - width / 2)) if right - left < width else left
        end = max(right, min(begin + width, follows)) if right - left < width else right
        box = QRectF(begin, row.top() + 1, max(end - begin, 2.0), row.height() - 2)
        _paint_box(painter, box, mark, palette)
        inside = box.intersected(row.adjusted(1, 0, -1, 0))
        inside.setRight(min(inside.right(), follows))
        free = min(box.right(), follows) + 1
        if inside.width() >= min(width, _LEAST):
            painter.setPen(palette.colour(_INKS[mark]))
            shown = (
                text
                if inside.width() >= width - 4
                else metrics.elidedText(text, Qt.TextElideMode.ElideRight, inside.width() - 2)
            )
            painter.drawText(inside, Qt.AlignmentFlag.AlignCenter, shown if shown != "…" else "")


@functools.lru_cache(1024)
def _width(text: str) -> float:
    """Logical pixels; live, the same few words are painted sixty times a second."""
    return QFontMetricsF(theme.font(theme.SMALL)).horizontalAdvance(text)


def _paint_box(painter: QPainter, box: QRectF, mark: Mark, palette: theme.Palette) -> None:
    name = "accent" if mark in ("plain", "right") else _INKS[mark]
    ink = palette.colour(name)
    if mark != "missing":
        painter.fillRect(box, palette.colour(name, 0.10 if mark == "plain" else 0.18))
    if mark in ("plain", "right"):
        painter.fillRect(QRectF(box.left(), box.top(), 1, box.height()), ink)
        return
    painter.setPen(QPen(ink, 1, Qt.PenStyle.DashLine if mark == "missing" else Qt.PenStyle.SolidLine))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(box.adjusted(0.5, 0.5, -0.5, -0.5))
    if mark == "wrong":
        painter.drawLine(QPointF(box.left(), box.bottom()), QPointF(box.left() + 6, box.top()))
