"""The balloon beside the pointer over a plot: what stands there, a row a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPen

from widgets import theme, ticks
from widgets.stroke import ink

if TYPE_CHECKING:
    from PySide6.QtGui import QPainter

    from widgets.chart import Chart, Line, Reading

_ROW, _EDGE, _SWATCH, _APART = 16, 6, 12, 14
_WIDEST = 260


def paint_reading(painter: QPainter, inside: QRectF, pointer: QPointF, reading: Reading, chart: Chart) -> None:
    """A box beside the pointer, inside a rectangle: where, each line's value, and what happened there."""
    face = theme.font(theme.SMALL)
    metrics = QFontMetricsF(face)
    wide = metrics.horizontalAdvance
    head = f"{chart.x.name.split(',')[0]} {ticks.short(reading.x)}".strip()
    rows = [(each, _name(each, x, reading.x), ticks.short(value)) for each, x, value in reading.values]
    most = min(_WIDEST, inside.width() - 4)
    needs = [_SWATCH + wide(name) + _APART + wide(value) for _, name, value in rows]
    width = min(max([wide(head), *needs, *(wide(mark.text) for mark in reading.marks)]) + 2 * _EDGE, most)
    room = int((inside.height() - 4 - 2 * _EDGE) // _ROW) - 1
    rows, marks = rows[: max(room, 1)], reading.marks[: max(room - len(rows), 0)]
    height = (1 + len(rows) + len(marks)) * _ROW + 2 * _EDGE
    x = pointer.x() + _APART if pointer.x() + _APART + width < inside.right() else pointer.x() - _APART - width
    y = min(max(pointer.y() - height / 2, inside.top() + 2), inside.bottom() - height - 2)
    box = QRectF(min(max(x, inside.left() + 2), inside.right() - width - 2), y, width, height)
    painter.setPen(QPen(ink("line"), 1))
    painter.setBrush(ink("raised"))
    painter.drawRect(box)
    painter.setFont(face)
    row = QRectF(box.left() + _EDGE, box.top() + _EDGE, box.width() - 2 * _EDGE, _ROW)
    painter.setPen(ink("muted"))
    painter.drawText(row, Qt.AlignmentFlag.AlignVCenter, head)
    middle = Qt.AlignmentFlag.AlignVCenter
    for line, name, value in rows:
        row.translate(0, _ROW)
        painter.fillRect(QRectF(row.left(), row.center().y() - 3, 7, 7), ink(line.ink))
        painter.setPen(ink("text"))
        painter.drawText(row, middle | Qt.AlignmentFlag.AlignRight, value)
        left = row.adjusted(_SWATCH, 0, -wide(value) - 4, 0)
        painter.drawText(left, middle, metrics.elidedText(name, Qt.TextElideMode.ElideRight, left.width()))
    for mark in marks:
        row.translate(0, _ROW)
        painter.setPen(ink(mark.ink))
        painter.drawText(row, middle, metrics.elidedText(mark.text, Qt.TextElideMode.ElideRight, row.width()))


def _name(line: Line, x: float, at: float) -> str:
    """The name, with where the value was taken if that was before."""
    return f"{line.name} at {ticks.short(x)}" if line.look == "points" and x < at else line.name
