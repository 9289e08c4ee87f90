"""A chart laid out in a rectangle, and painted: ground, ticks, lines, marks, and the names at their ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen, QPolygonF

from widgets import theme, ticks
from widgets.stroke import ink, paint_bars, paint_line, paint_points, tint

if TYPE_CHECKING:
    from widgets.chart import Chart, Scale, Stroke
    from widgets.outline import Points

_TOP, _BOTTOM, _GAP, _ROW = 22, 20, 6, 13
_TICKS = 32
"""Pixels between two ticks of the upright axis, at the least."""
_SHORT = 100
"""Pixels: a longer name of the other axis would hide its numbers, and has a row of its own below them."""


class Figure:
    """Where the box, the lines and the words of a chart lie, for one stretch of the x axis and one size."""

    def __init__(self, chart: Chart, span: tuple[float, float], width: int, height: int) -> None:
        self.chart = chart
        self.start, self.stop = span
        self.strokes = chart.strokes(*span, width)
        self.low, self.high = chart.limits(self.strokes)
        self._font = theme.font(theme.SMALL - 1)
        self._metrics = QFontMetricsF(self._font)
        wide = self._metrics.horizontalAdvance
        self._long = wide(chart.x.name) > _SHORT
        room = height - _TOP - _BOTTOM - (_ROW if self._long else 0)
        self._y_ticks = self._ticks(chart.y, self.low, self.high, room / _TICKS)
        left = max([20.0, *(wide(text) for _, text in self._y_ticks)]) + 2 * _GAP
        ends = [wide(_end(each)) for each in self.strokes if _end(each) and not each.of.beside]
        right = min(max(ends) + _GAP, 0.34 * width) + _GAP if ends else 2 * theme.GRID
        self.box = QRectF(left, _TOP, max(width - left - right, 8.0), max(room, 8))
        self.width = width

    def x(self, place: float) -> float:
        """The pixel of a place of the x axis."""
        return self.box.left() + (place - self.start) / (self.stop - self.start) * self.box.width()

    def y(self, place: float) -> float:
        return self.box.bottom() - (place - self.low) / (self.high - self.low) * self.box.height()

    def place(self, x: float) -> float:
        """The place of the x axis at a pixel."""
        return self.start + (x - self.box.left()) / self.box.width() * (self.stop - self.start)

    def paint(self, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.fillRect(self.box, ink("ground"))
        painter.setFont(self._font)
        self._paint_y(painter)
        self._paint_x(painter)
        ordered = sorted(self.strokes, key=lambda each: not each.of.faint)
        for each in ordered:
            if each.raw is not None:
                pen = QPen(tint(each.of.ink, 0.25 if each.of.faint else 0.45), 1)
                paint_line(painter, *self._pixels(each.raw), pen, self.box.height())
        self._paint_marks(painter)
        for each in ordered:
            self._paint_stroke(painter, each)
        self._paint_ends(painter)

    def _ticks(self, scale: Scale, low: float, high: float, count: float) -> list[tuple[float, str]]:
        """Places of an axis, and what is written there."""
        if scale.log:
            values = ticks.decades(low, high, count)
            return [(scale.place(each), ticks.short(each)) for each in values]
        values = ticks.even(low, high, count, 1.0 if scale.whole else 0.0)
        return list(zip(values, ticks.texts(values), strict=True))

    def _paint_y(self, painter: QPainter) -> None:
        box = self.box
        for place, text in self._y_ticks:
            y = round(self.y(place))
            painter.fillRect(QRectF(box.left(), y, box.width(), 1), ink("grid"))
            painter.setPen(ink("muted"))
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(QRectF(0, y - 8, box.left() - _GAP, 16), right, text)
        name = self._metrics.elidedText(self.chart.y.name, Qt.TextElideMode.ElideRight, self.width - 2 * _GAP)
        painter.drawText(QRectF(_GAP, 2, self.width - _GAP, _TOP - 4), Qt.AlignmentFlag.AlignVCenter, name)

    def _paint_x(self, painter: QPainter) -> None:
        box, wide = self.box, self._metrics.horizontalAdvance
        top = box.bottom() + 3
        painter.setPen(ink("muted"))
        name = self._metrics.elidedText(self.chart.x.name, Qt.TextElideMode.ElideRight, self.width - 2 * _GAP)
        begin = self.width - _GAP - wide(name)
        below = _ROW if self._long else 0
        painter.drawText(QPointF(begin, top + self._metrics.ascent() + below), name)
        if self._long:
            begin = float(self.width)
        for place, text in self._ticks(self.chart.x, self.start, self.stop, box.width() / 64):
            x = self.x(place)
            painter.fillRect(QRectF(round(x), box.bottom(), 1, 3), ink("faint"))
            if x + wide(text) / 2 < begin - _GAP:
                painter.drawText(QPointF(x - wide(text) / 2, top + self._metrics.ascent()), text)

    def _paint_marks(self, painter: QPainter) -> None:
        seen = set()
        for mark in self.chart.marks:
            place = self.chart.x.place(mark.x)
            if not self.start <= place <= self.stop:
                continue
            x = round(self.x(place))
            if (x, mark.ink) in seen:
                continue
            seen.add((x, mark.ink))
            top = self.box.top()
            painter.fillRect(QRectF(x, top, 1, self.box.height()), ink(mark.ink, 0.8 if mark.strong else 0.25))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(ink(mark.ink))
            flag = [QPointF(x - 3.5, top - 5), QPointF(x + 4.5, top - 5), QPointF(x + 0.5, top + 1)]
            painter.drawPolygon(QPolygonF(flag))

    def _paint_stroke(self, painter: QPainter, stroke: Stroke) -> None:
        line, height = stroke.of, self.box.height()
        x, y = self._pixels(stroke.line)
        colour = tint(line.ink, 0.75 if line.faint else 1.0)
        if line.look == "bars":
            paint_bars(painter, x, y, min(self.y(0.0), self.box.bottom()), tint(line.ink, 0.6))
            return
        pen = QPen(colour, 1)
        if line.look == "steps":
            pen.setDashPattern([5, 3])
        paint_line(painter, x, y, pen, height, line.look == "line")
        if line.look == "points":
            paint_points(painter, x, y, colour)

    def _pixels(self, points: Points) -> Points:
        """Places in pixels; what the upright axis has no room for is left out."""
        u, v = points
        y = self.box.bottom() - (v - self.low) / (self.high - self.low) * self.box.height()
        y = np.where((v >= self.low) & (v <= self.high), y, np.nan)
        return self.box.left() + (u - self.start) / (self.stop - self.start) * self.box.width(), y

    def _paint_ends(self, painter: QPainter) -> None:
        """The names of the lines, right of their ends, moved apart where two ends lie close."""
        rows = []
        taken: list[QRectF] = []
        for each in self.strokes:
            known = each.line[1][np.isfinite(each.line[1])]
            if _end(each) and len(known) and each.of.beside:
                self._paint_beside(painter, each, taken)
            elif _end(each) and len(known):
                rows.append((float(np.clip(self.y(known[-1]), self.box.top(), self.box.bottom())), each))
        rows.sort(key=lambda row: row[0])
        rows = rows[: max(1, int(self.box.height() / _ROW) + 1)]
        heights = spread([row[0] for row in rows], _ROW, self.box.bottom() - _ROW / 2)
        left = self.box.right() + _GAP
        for y, (_, each) in zip(heights, rows, strict=True):
            painter.setPen(ink(each.of.ink))
            text = self._metrics.elidedText(_end(each), Qt.TextElideMode.ElideRight, self.width - left - 2)
            painter.drawText(QRectF(left, y - 8, self.width - left, 16), Qt.AlignmentFlag.AlignVCenter, text)

    def _paint_beside(self, painter: QPainter, stroke: Stroke, taken: list[QRectF]) -> None:
        """The name at the last point, on the side that has room for it, beneath what is `taken`."""
        x, y = (float(each[-1]) for each in self._pixels(stroke.line))
        text = _end(stroke)
        wide = self._metrics.horizontalAdvance(text)
        left = x + _GAP if x + _GAP + wide < self.box.right() else x - _GAP - wide
        below = stroke.of.below and y + 18 < self.box.bottom()
        place = QRectF(left, y + 2 if below else y - 16, wide + 1, 16)
        while any(place.intersects(each) for each in taken):
            place.translate(0, _ROW)
        taken.append(place)
        painter.setPen(ink("muted" if stroke.of.faint else stroke.of.ink))
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, text)


def spread(heights: list[float], apart: float, bottom: float) -> list[float]:
    """Ascending heights moved so that each is `apart` from the next and none lies below `bottom`."""
    made = list(heights)
    for index in range(1, len(made)):
        made[index] = max(made[index], made[index - 1] + apart)
    for index in range(len(made) - 1, -1, -1):
        made[index] = min(made[index], bottom if index == len(made) - 1 else made[index + 1] - apart)
    return made


def _end(stroke: Stroke) -> str:
    line = stroke.of
    return "" if line.look == "bars" else line.name if line.end is None else line.end
