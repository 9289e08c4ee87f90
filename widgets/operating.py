"""Where a unit works: its sums as dots on the sigmoid and on tanh, with the slope that an error meets there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from widgets import line, theme
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


def _paint_curve(painter: QPainter, box: QRectF, kind: str, dots: dict[str, tuple[float, float, float]]) -> None:
    palette = theme.current()
    painter.setFont(theme.font(theme.SMALL - 1))
    painter.setPen(palette.colour("muted"))
    name = "sigmoid σ, slope shaded" if kind == "sigmoid" else "tanh, slope shaded"
    painter.drawText(QRectF(box.left(), box.top(), box.width(), _TITLE), Qt.AlignmentFlag.AlignVCenter, name)
    plot = box.adjusted(0, _TITLE, 0, -_FOOT)
    painter.fillRect(plot, palette.colour("ground"))
    low = 0.0 if kind == "sigmoid" else -1.0
    reach = _REACH[kind]

    def place(x: float, y: float) -> QPointF:
        share = (min(max(x, -reach), reach) + reach) / (2 * reach)
        inner = plot.adjusted(4, 5, -4, -5)
        return QPointF(
            inner.left() + share * inner.width(), inner.bottom() - (y - low) / (1 - low) * inner.height()
        )

    painter.save()
    painter.setClipRect(plot)
    zero = place(0.0, 0.0)
    painter.fillRect(QRectF(round(zero.x()), plot.top(), 1, plot.height()), palette.colour("grid"))
    painter.fillRect(QRectF(plot.left(), round(zero.y()), plot.width(), 1), palette.colour("grid"))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _paint_function(painter, kind, reach, place)
    taken: list[QRectF] = []
    for letter, dot in dots.items():
        _paint_dot(painter, plot, letter, dot, place, abs(dot[0]) > reach, taken)
    painter.restore()
    painter.setFont(theme.font(theme.SMALL - 1))
    painter.setPen(palette.colour("muted"))
    foot = QRectF(box.left(), plot.bottom(), box.width(), _FOOT)
    painter.drawText(foot, Qt.AlignmentFlag.AlignLeft, f"−{reach:.0f}")
    painter.drawText(foot, Qt.AlignmentFlag.AlignRight, f"{reach:.0f}")


def _paint_function(painter: QPainter, kind: str, reach: float, place) -> None:  # type: ignore[no-untyped-def]
    palette, x = theme.current(), np.linspace(-reach, reach, 97)
    tanh = np.tanh(x if kind == "tanh" else x / 2)
    y = tanh if kind == "tanh" else 0.5 + 0.5 * tanh
    slope = (1 - tanh**2) * (1.0 if kind == "tanh" else 0.25)
    ends = [place(float(a), float(b)) for a, b in zip(x, slope, strict=True)]
    base = place(0.0, 0.0).y()
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(palette.colour("accent", 0.16))
    painter.drawPolygon([QPointF(ends[0].x(), base), *ends, QPointF(ends[-1].x(), base)])
    painter.setPen(QPen(palette.colour("muted"), 1.4))
    curve = [place(float(a), float(b)) for a, b in zip(x, y, strict=True)]
    painter.drawPolyline(line.polyline(np.array([p.x() for p in curve]), np.array([p.y() for p in curve])))


def _paint_dot(  # type: ignore[no-untyped-def]
    painter: QPainter,
    plot: QRectF,
    letter: str,
    dot: tuple[float, float, float],
    place,
    beyond: bool,
    taken: list[QRectF],
) -> None:
    """The dot, a piece of the tangent through it, and its letter; a triangle where it lies beyond the picture."""
    total, value, slope = dot
    ink, here = QColor(theme.current().curves[INKS[letter]]), place(total, value)
    rise, step = place(0, value).y() - place(0, value + slope).y(), place(1, 0).x() - place(0, 0).x()
    length = max((step**2 + rise**2) ** 0.5, 1e-6)
    dx, dy = 14 * step / length, -14 * rise / length
    painter.setPen(QPen(ink, 1.2))
    painter.drawLine(QPointF(here.x() - dx, here.y() - dy), QPointF(here.x() + dx, here.y() + dy))
    painter.setPen(QPen(theme.current().colour("ground"), 1.2))
    painter.setBrush(ink)
    if beyond:
        way = 4.5 if total > 0 else -4.5
        sides = [QPointF(here.x() - way, here.y() + side) for side in (-4.5, 4.5)]
        painter.drawPolygon(QPolygonF([QPointF(here.x() + way, here.y()), *sides]))
    else:
        painter.drawEllipse(here, 3.6, 3.6)
    painter.setPen(ink)
    painter.setFont(theme.font(theme.SMALL, bold=True))
    for x, y in ((0, -12), (0, 13), (-12, -8), (12, 8), (12, -12), (-12, 13), (-24, 13), (24, -12), (-24, 26)):
        name = QRectF(here.x() + x - 7, here.y() + y - 7, 14, 14)
        name.moveLeft(min(max(name.left(), plot.left()), plot.right() - 14))
        if plot.contains(name) and not any(name.intersects(each) for each in taken):
            break
    taken.append(name)
    painter.drawText(name, Qt.AlignmentFlag.AlignCenter, letter)
