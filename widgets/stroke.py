"""How lines, points and bars of a plot are painted, fast: in opaque inks, with pens one pixel wide."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from widgets import theme
from widgets.line import polyline, stretches

if TYPE_CHECKING:
    from widgets.outline import Places

_JAGGED = 20
"""Heights of its box that a line may go up and down in all and still be smooth and thick."""
_CLOSE = 7.0
"""Pixels between two points, below which they are a line."""


def ink(name: str, alpha: float = 1.0) -> QColor:
    """A colour of the theme by its name, or by its number among the curves."""
    palette = theme.current()
    if not name.isdigit():
        return palette.colour(name, alpha)
    made = QColor(palette.curves[int(name) % len(palette.curves)])
    made.setAlphaF(alpha)
    return made


def tint(name: str, share: float) -> QColor:
    """An opaque colour between the ground and an ink: a line that is seen through takes five times as long."""
    full, ground = ink(name), ink("ground")
    pairs = ((full.redF(), ground.redF()), (full.greenF(), ground.greenF()), (full.blueF(), ground.blueF()))
    return QColor.fromRgbF(*(share * high + (1 - share) * low for high, low in pairs))


def paint_line(painter: QPainter, x: Places, y: Places, pen: QPen, height: float, thick: bool = False) -> None:
    """A line through points in pixels, a pixel wide; it breaks where y is none.

    A thick one is painted four times, half a pixel to each side: a tenth of the time of a pen of two pixels. A
    line that goes up and down all the time is painted thin.
    """
    calm = np.nansum(np.abs(np.diff(y))) < _JAGGED * height
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, bool(calm))
    painter.setPen(pen)
    moves = ((-0.5, 0.0), (0.5, 0.0), (0.0, -0.5), (0.0, 0.5)) if thick and calm else ((0.0, 0.0),)
    for part in stretches(y):
        if part.stop - part.start > 1:
            for right, down in moves:
                painter.drawPolyline(polyline(x[part] + right, y[part] + down))
        else:  # one number between two that are none
            painter.fillRect(QRectF(x[part.start] - 1.5, y[part.start] - 1.5, 3, 3), pen.color())
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def paint_points(painter: QPainter, x: Places, y: Places, colour: QColor) -> None:
    """Squares at points in pixels, unless they lie so close that they would be a bar."""
    known = np.isfinite(y)
    if known.sum() > 1 and np.ptp(x[known]) / (known.sum() - 1) < _CLOSE:
        return
    pen = QPen(colour, 5)
    pen.setCapStyle(Qt.PenCapStyle.SquareCap)
    painter.setPen(pen)
    painter.drawPoints(polyline(x[known], y[known]))


def paint_bars(painter: QPainter, x: Places, y: Places, floor: float, colour: QColor) -> None:
    """A flight of stairs in pixels, filled down to the floor."""
    if len(x):
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        heights = np.concatenate([[floor], np.where(np.isfinite(y), y, floor), [floor]])
        painter.drawPolygon(polyline(np.concatenate([x[:1], x, x[-1:]]), heights))
