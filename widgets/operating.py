"""Where a unit works: its sums as dots on the sigmoid and on tanh, with the slope that an error meets there."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap, QPolygonF

from widgets import theme
from widgets.anatomy import INKS, TANH

if TYPE_CHECKING:
    from widgets.anatomy import Anatomy

HEIGHT = 104
_TITLE, _FOOT = 15, 13
_REACH = {"sigmoid": 6.0, "tanh": 3.0}


def points(anatomy: Anatomy) -> dict[str, dict[str, tuple[float, float, float]]]:
    """For each function the letters that lie on it: (sum, value, slope)."""
    found: dict[str, dict[str, tuple[float, float, float]]] = {"sigmoid": {}, "tanh": {}}
    for gate in anatomy.gates:
        kind = "tanh" if gate in TANH else "sigmoid"
        found[kind][gate] = (anatomy.sum(gate), anatomy.values[gate], anatomy.slope(gate))
    if anatomy.cell == "lstm":
        found["tanh"]["c"] = (anatomy.values["c"], anatomy.values["tanh c"], anatomy.slope("c"))
    return {kind: each for kind, each in found.items() if each}


def paint(painter: QPainter, box: QRectF, anatomy: Anatomy) -> None:
    """The curves side by side in `box`, HEIGHT high."""
    found = points(anatomy)
    wide = (box.width() - theme.GRID * (len(found) - 1)) / len(found)
    for index, (kind, dots) in enumerate(found.items()):
        left = box.left() + index * (wide + theme.GRID)
        _paint_curve(painter, QRectF(left, box.top(), wide, HEIGHT), kind, dots)


@dataclass(frozen=True)
class _Plot:
    """A function from -reach to reach in a box of pixels."""

    kind: str
    box: QRectF

    @property
    def reach(self) -> float:
        return _REACH[self.kind]

    def place(self, x: float, y: float) -> QPointF:
        """Where a point lies; what is beyond the picture, at its edge."""
        inner, low = self.box.adjusted(4, 5, -4, -5), 0.0 if self.kind == "sigmoid" else -1.0
        share = (min(max(x, -self.reach), self.reach) + self.reach) / (2 * self.reach)
        return QPointF(
            inner.left() + share * inner.width(), inner.bottom() - (y - low) / (1 - low) * inner.height()
        )


def _paint_curve(painter: QPainter, box: QRectF, kind: str, dots: dict[str, tuple[float, float, float]]) -> None:
    palette = theme.current()
    painter.setFont(theme.font(theme.SMALL - 1))
    painter.setPen(palette.colour("muted"))
    name = "sigmoid σ, slope shaded" if kind == "sigmoid" else "tanh, slope shaded"
    painter.drawText(QRectF(box.left(), box.top(), box.width(), _TITLE), Qt.AlignmentFlag.AlignVCenter, name)
    plot = _Plot(kind, box.adjusted(0, _TITLE, 0, -_FOOT))
    ratio, size = painter.device().devicePixelRatioF(), plot.box.size().toSize()
    painter.drawPixmap(plot.box.topLeft(), _ground(kind, size.width(), size.height(), ratio, palette.name))
    foot = QRectF(box.left(), plot.box.bottom(), box.width(), _FOOT)
    painter.drawText(foot, Qt.AlignmentFlag.AlignLeft, f"−{plot.reach:.0f}")
    painter.drawText(foot, Qt.AlignmentFlag.AlignRight, f"{plot.reach:.0f}")
    painter.save()
    painter.setClipRect(plot.box)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    taken: list[QRectF] = []
    for letter, dot in dots.items():
        _paint_dot(painter, plot, letter, dot, taken)
    painter.restore()


@functools.lru_cache(16)
def _ground(kind: str, width: int, height: int, ratio: float, _theme: str) -> QPixmap:
    """The function with its slope, which stay as they are while the dots move."""
    palette, made = theme.current(), QPixmap(round(width * ratio), round(height * ratio))
    made.setDevicePixelRatio(ratio)
    made.fill(palette.colour("ground"))
    plot, x = _Plot(kind, QRectF(0, 0, width, height)), np.linspace(-_REACH[kind], _REACH[kind], 97)
    tanh = np.tanh(x if kind == "tanh" else x / 2)
    y = tanh if kind == "tanh" else 0.5 + 0.5 * tanh
    slope = (1 - tanh**2) * (1.0 if kind == "tanh" else 0.25)
    painter, zero = QPainter(made), plot.place(0.0, 0.0)
    painter.fillRect(QRectF(round(zero.x()), 0, 1, height), palette.colour("grid"))
    painter.fillRect(QRectF(0, round(zero.y()), width, 1), palette.colour("grid"))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(palette.colour("accent", 0.16))
    ends = [plot.place(float(a), float(b)) for a, b in zip(x, slope, strict=True)]
    painter.drawPolygon([QPointF(ends[0].x(), zero.y()), *ends, QPointF(ends[-1].x(), zero.y())])
    painter.setPen(QPen(palette.colour("muted"), 1.4))
    painter.drawPolyline([plot.place(float(a), float(b)) for a, b in zip(x, y, strict=True)])
    painter.end()
    return made


def _paint_dot(
    painter: QPainter, plot: _Plot, letter: str, dot: tuple[float, float, float], taken: list[QRectF]
) -> None:
    """The dot, a piece of the tangent through it, and its letter; a triangle where it lies beyond the picture."""
    total, value, slope = dot
    ink, here, place = QColor(theme.current().curves[INKS[letter]]), plot.place(total, value), plot.place
    rise, step = place(0, value).y() - place(0, value + slope).y(), place(1, 0).x() - place(0, 0).x()
    length = max((step**2 + rise**2) ** 0.5, 1e-6)
    dx, dy = 14 * step / length, -14 * rise / length
    painter.setPen(QPen(ink, 1.2))
    painter.drawLine(QPointF(here.x() - dx, here.y() - dy), QPointF(here.x() + dx, here.y() + dy))
    painter.setPen(QPen(theme.current().colour("ground"), 1.2))
    painter.setBrush(ink)
    if abs(total) > plot.reach:
        way = 4.5 if total > 0 else -4.5
        sides = [QPointF(here.x() - way, here.y() + side) for side in (-4.5, 4.5)]
        painter.drawPolygon(QPolygonF([QPointF(here.x() + way, here.y()), *sides]))
    else:
        painter.drawEllipse(here, 3.6, 3.6)
    painter.setPen(ink)
    painter.setFont(theme.font(theme.SMALL, bold=True))
    for x, y in ((0, -12), (0, 13), (-12, -8), (12, 8), (12, -12), (-12, 13), (-24, 13), (24, -12), (-24, 26)):
        name = QRectF(here.x() + x - 7, here.y() + y - 7, 14, 14)
        name.moveLeft(min(max(name.left(), plot.box.left()), plot.box.right() - 14))
        if plot.box.contains(name) and not any(name.intersects(each) for each in taken):
            break
    taken.append(name)
    painter.drawText(name, Qt.AlignmentFlag.AlignCenter, letter)
