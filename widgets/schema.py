"""The picture of a cell: boxes and arrows of an LSTM, GRU or RNN, with the numbers of one unit at one frame."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen, QPolygonF

from widgets import colour, theme
from widgets.anatomy import INKS, TANH, keeps, products
from widgets.strip import number

if TYPE_CHECKING:
    from widgets.anatomy import Anatomy

HEIGHT = 236
WIDE = 420.0
"""Pixels beyond which the picture does not stretch."""
_RADIUS, _CHIP, _TALL = 8.0, 17.0, 34.0


def paint(painter: QPainter, box: QRectF, anatomy: Anatomy) -> None:
    """The cell in the middle of `box`, HEIGHT high."""
    width = min(box.width(), WIDE)
    pen = _Pen(painter, anatomy, QRectF(box.center().x() - width / 2, box.top(), width, HEIGHT))
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    {"lstm": _lstm, "gru": _gru, "gru-seed": _gru, "rnn": _rnn}[anatomy.cell](pen)
    painter.restore()


def _lstm(pen: _Pen) -> None:
    top, mid, tall, gate, rail = 28.0, 86.0, 104.0, 160.0, 216.0
    f, i, g, o, end = 58.0, 103.0, 148.0, 193.0, 224.0
    plus = (i + g) / 2
    pen.wire("c′", (0, top), (f, top))
    pen.wire("f·c′", (f, top), (plus, top))
    pen.wire("c", (plus, top), (244, top), arrow=True)
    pen.wire("f", (f, gate), (f, top), arrow=True)
    pen.wire("i", (i, gate), (i, mid), (plus, mid), arrow=True)
    pen.wire("g", (g, gate), (g, mid), (plus, mid), arrow=True)
    pen.wire("i·g", (plus, mid), (plus, top), arrow=True)
    pen.wire("tanh c", (end, top), (end, tall), arrow=True)
    pen.wire("o", (o, gate), (o, tall), (end, tall), arrow=True)
    pen.wire("h", (end, tall), (end, 126), (244, 126), arrow=True)
    pen.rail(rail, (f, i, g, o), gate)
    for name, x in zip("figo", (f, i, g, o), strict=True):
        pen.gate(name, x, gate)
    for sign, x, y in (("×", f, top), ("+", plus, top), ("×", plus, mid), ("×", end, tall)):
        pen.node(sign, x, y)
    pen.pill("tanh", end, 53)
    pen.chip("c′", 21, top)
    pen.chip("f·c′", (f + plus) / 2, top)
    pen.chip("i·g", plus, 57, "beside")
    pen.chip("tanh c", end - 2, 77, "none")
    pen.chip("c", 172, top)
    pen.chip("h", end - 2, 126, "none")


def _gru(pen: _Pen) -> None:
    """Either one: what z weighs is above in torch's, where it is the old state, and to the right in the plan's."""
    top, mid, gate, rail = 28.0, 90.0, 160.0, 216.0
    z, r, times, n = 60.0, 114.0, 154.0, 196.0
    rest, share = products(pen.anatomy.cell)
    kept = keeps(pen.anatomy.cell)
    old, new, up, across = (share, rest, "z", "1−z") if kept else (rest, share, "1−z", "z")
    pen.wire("h′", (0, top), (z, top))
    pen.wire(old, (z, top), (n, top))
    pen.wire("h", (n, top), (244, top), arrow=True)
    pen.wire("z", (z, gate), (z, mid))
    pen.wire(up, (z, mid), (z, top), arrow=True)
    pen.wire(across, (z, mid), (n, mid), arrow=True)
    pen.wire("n", (n, gate), (n, mid), arrow=True)
    pen.wire(new, (n, mid), (n, top), arrow=True)
    pen.rail(rail, (z, r, times, n), gate)
    pen.wire("r", (r, gate), (n - 21, gate), arrow=True)
    for name, x in (("z", z), ("r", r), ("n", n)):
        pen.gate(name, x, gate)
    for sign, x, y in (("×", z, top), ("+", n, top), ("×", n, mid), ("×", times, gate)):
        pen.node(sign, x, y)
    if kept:
        pen.pill("1−", 92, mid)
        pen.chip("1−z", 138, mid)
    else:
        pen.pill("1−", z, 74)
        pen.chip("1−z", z, 54, "beside")
        pen.word("z", 138, mid - 9)
        pen.word("r·h′", times, gate + 20)  # of all units: what U is multiplied by
    pen.chip("h′", 21, top)
    pen.chip(old, 128, top)
    pen.chip(new, n, 59, "beside")
    pen.chip("h", 228, top)


def _rnn(pen: _Pen) -> None:
    gate, add, rail, middle = 92.0, 144.0, 200.0, 122.0
    pen.wire("h", (middle, gate), (middle, 28), (244, 28), arrow=True)
    terms = pen.anatomy.terms.get("h")
    parts = (0.0, 0.0, 0.0) if terms is None else (terms.input, terms.recurrent, terms.bias)
    for words, x, value in zip(("from x", "from h′", "bias"), (46.0, middle, 198.0), parts, strict=True):
        if x == middle:
            pen.flow(value, (x, rail), (x, add))
        else:
            pen.flow(value, (x, rail), (x, add), (middle, add))
        if terms is not None:
            pen.value("", x, rail, value)
        pen.word(words, x, rail + 17)
    pen.flow(1.0, (middle, add), (middle, gate + 17))
    pen.gate("h", middle, gate)
    pen.node("+", middle, add)
    pen.chip("h", middle, 52, "beside")


class _Pen:
    """Draws in a space 244 wide that is stretched to `box`."""

    def __init__(self, painter: QPainter, anatomy: Anatomy, box: QRectF) -> None:
        self.painter, self.anatomy, self.box = painter, anatomy, box
        self.palette = theme.current()
        self.small, self.tiny = theme.font(theme.SMALL), theme.font(theme.SMALL - 1)

    def at(self, x: float, y: float) -> QPointF:
        return QPointF(self.box.left() + x / 244 * self.box.width(), self.box.top() + y)

    def wire(self, name: str, *points: tuple[float, float], arrow: bool = False) -> None:
        """A line that carries a value: the stronger, the wider; the colour is that of its letter."""
        ink = QColor(self.palette.curves[INKS[name]]) if name in INKS else self.palette.colour("muted")
        self._wire(self.anatomy.values.get(name, 0.0), ink, points, arrow)

    def flow(self, value: float, *points: tuple[float, float]) -> None:
        """A line that carries a part of a sum."""
        self._wire(value, self.palette.colour("muted"), points, True)

    def _wire(self, value: float, ink: QColor, points: tuple[tuple[float, float], ...], arrow: bool) -> None:
        strength = min(abs(value), 1.0)
        self._line([self.at(*point) for point in points], 1.0 + 2.0 * strength, self._faint(ink, strength), arrow)

    def _faint(self, ink: QColor, strength: float) -> QColor:
        """A colour that is the nearer to the ground, the weaker what it stands for: opaque, for lines cross."""
        share, ground = 0.4 + 0.6 * strength, self.palette.colour("panel")
        mixed = (share * one + (1 - share) * other for one, other in zip(_rgb(ink), _rgb(ground), strict=True))
        return QColor.fromRgbF(*mixed)

    def rail(self, y: float, columns: tuple[float, ...], gate: float) -> None:
        """x and h′ come in below and go up into every gate."""
        ink = self._faint(self.palette.colour("muted"), 0.4)
        self._line([self.at(0, y), self.at(columns[-1], y)], 1.2, ink, False)
        for x in columns:
            self._line([self.at(x, y), self.at(x, gate + _TALL / 2 + 13)], 1.2, ink, True)
        self.chip("h′", 21, y)
        middle = self.at(columns[-1], y)
        self._word("x", QPointF(middle.x() + 22, middle.y()), self.small, "text")
        self._line([QPointF(middle.x() + 16, middle.y()), middle], 1.2, ink, True)

    def gate(self, name: str, x: float, y: float) -> None:
        """A box with the function, the value, and below it the sum that goes in."""
        painter, centre, value = self.painter, self.at(x, y), self.anatomy.values[name]
        box = QRectF(centre.x() - 21, centre.y() - _TALL / 2, 42, _TALL)
        edited = self.anatomy.edited(name)
        painter.setPen(QPen(QColor(self.palette.curves[INKS[name]]), 1.4))
        if edited:
            painter.setPen(QPen(self.palette.colour("warn"), 2.0))
        painter.setBrush(self.palette.colour("raised"))
        painter.drawRoundedRect(box, 5, 5)
        signed = name in TANH
        head = box.adjusted(5, 2, -4, -_TALL / 2)
        self._text(name, head, theme.font(theme.TEXT, bold=True), "text", Qt.AlignmentFlag.AlignLeft)
        self._text("tanh" if signed else "σ", head, self.tiny, "muted", Qt.AlignmentFlag.AlignRight)
        self._fill(box.adjusted(3, _TALL / 2, -3, -3), value, signed)
        below = QRectF(centre.x() - 24, box.bottom() - 1, 48, 13)
        text = number(self.anatomy.sum(name), 3)
        wide = QFontMetricsF(self.tiny).horizontalAdvance(text)
        behind = QRectF(centre.x() - wide / 2 - 1, below.top() + 2, wide + 2, 10)
        self.painter.fillRect(behind, self.palette.colour("panel"))  # so that no arrow runs through it
        self._text(text, below, self.tiny, "muted")

    def chip(self, name: str, x: float, y: float, label: str = "above") -> None:
        """A value in its colour, its name `above` it, `beside` it at the left, or `none`."""
        words = "" if label == "none" else name
        value, edited = self.anatomy.values[name], self.anatomy.edited(name)
        self.value(words, x, y, value, name != "1−z", label == "beside", edited)

    def value(
        self,
        words: str,
        x: float,
        y: float,
        value: float,
        signed: bool = True,
        beside: bool = False,
        edited: bool = False,
    ) -> None:
        """A number on its colour, with words above or beside it."""
        centre = self.at(x, y)
        wide = QFontMetricsF(self.small).horizontalAdvance(number(value, 3)) + 8
        self._fill(QRectF(centre.x() - wide / 2, centre.y() - _CHIP / 2, wide, _CHIP), value, signed, edited)
        if beside:
            left = QRectF(centre.x() - wide / 2 - 84, centre.y() - 9, 80, 18)
            self._text(words, left, self.tiny, "muted", Qt.AlignmentFlag.AlignRight)
        else:
            self._word(words, QPointF(centre.x(), centre.y() - _CHIP / 2 - 6), self.tiny, "muted")

    def word(self, text: str, x: float, y: float) -> None:
        self._word(text, self.at(x, y), self.tiny, "muted")

    def node(self, sign: str, x: float, y: float) -> None:
        centre = self.at(x, y)
        self.painter.setPen(QPen(self.palette.colour("muted"), 1.2))
        self.painter.setBrush(self.palette.colour("raised"))
        self.painter.drawEllipse(centre, _RADIUS, _RADIUS)
        self._word(sign, centre, theme.font(theme.LARGE, bold=True), "text")

    def pill(self, text: str, x: float, y: float) -> None:
        centre = self.at(x, y)
        wide = QFontMetricsF(self.tiny).horizontalAdvance(text) + 10
        self.painter.setPen(QPen(self.palette.colour("muted"), 1.2))
        self.painter.setBrush(self.palette.colour("raised"))
        self.painter.drawRoundedRect(QRectF(centre.x() - wide / 2, centre.y() - 8, wide, 16), 8, 8)
        self._word(text, centre, self.tiny, "text")

    def _fill(self, box: QRectF, value: float, signed: bool, edited: bool = False) -> None:
        """A number on the colour that it has in the lanes."""
        ink, edge = tint(value, signed), self.palette.colour("warn" if edited else "line")
        self.painter.setPen(QPen(edge, 2 if edited else 1))
        self.painter.setBrush(ink)
        self.painter.drawRoundedRect(box, 4, 4)
        dark = ink.lightnessF() < 0.5
        self.painter.setPen(QColor("#f2f4f7" if dark else "#12161c"))
        text = number(value, 3)
        self.painter.setFont(
            self.small if QFontMetricsF(self.small).horizontalAdvance(text) < box.width() else self.tiny
        )
        self.painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    def _line(self, points: list[QPointF], width: float, ink: QColor, arrow: bool) -> None:
        """Upright and level pieces, as filled boxes: a wide line takes Qt many times as long."""
        half = width / 2
        for one, other in itertools.pairwise(points):
            box = QRectF(one, other).normalized().adjusted(-half, -half, half, half)
            self.painter.fillRect(box, ink)
        if arrow:
            self._head(points[-2], points[-1], ink)

    def _head(self, start: QPointF, stop: QPointF, ink: QColor) -> None:
        """An arrow's head that ends a node's radius before `stop`."""
        angle = math.atan2(stop.y() - start.y(), stop.x() - start.x())
        inside = self.box.left() + 1 < stop.x() < self.box.right() - 1
        back = _RADIUS if inside else 0.0
        tip = QPointF(stop.x() - back * math.cos(angle), stop.y() - back * math.sin(angle))
        sides = [
            QPointF(tip.x() - 6 * math.cos(angle + turn), tip.y() - 6 * math.sin(angle + turn))
            for turn in (0.45, -0.45)
        ]
        self.painter.setPen(Qt.PenStyle.NoPen)
        self.painter.setBrush(ink)
        self.painter.drawPolygon(QPolygonF([tip, *sides]))

    def _word(self, text: str, centre: QPointF, face: QFont, ink: str) -> None:
        self._text(text, QRectF(centre.x() - 40, centre.y() - 9, 80, 18), face, ink)

    def _text(
        self,
        text: str,
        box: QRectF,
        face: QFont,
        ink: str,
        side: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignHCenter,
    ) -> None:
        self.painter.setFont(face)
        self.painter.setPen(self.palette.colour(ink))
        self.painter.drawText(box, side | Qt.AlignmentFlag.AlignVCenter, text)


def tint(value: float, signed: bool) -> QColor:
    """The colour of a value in the lanes: from -1 to 1, or from 0 to 1."""
    look = theme.current().name
    table = colour.table("signed" if signed else "share", look)
    share = (value + 1) / 2 if signed else value
    return QColor.fromRgba(int(table[round(min(max(share, 0.0), 1.0) * (len(table) - 1))]))


def _rgb(ink: QColor) -> tuple[float, float, float]:
    return ink.redF(), ink.greenF(), ink.blueF()
