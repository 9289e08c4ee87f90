"""Small pictures on buttons, drawn in the text colour of the theme."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QIcon, QPainter, QPainterPath, QPen, QPixmap, QPolygonF

from widgets import theme

if TYPE_CHECKING:
    from collections.abc import Callable

SIZE = 16
"""Logical pixels; every glyph is drawn on a 16 x 16 grid and kept sharp up to 300 %."""


def icon(name: str, colour: str = "text") -> QIcon:
    """The glyph `name` in a colour of the theme, with its disabled and its pressed form. Raises KeyError."""
    return _icon(name, colour, theme.current().name)


@functools.cache
def _icon(name: str, colour: str, _theme: str) -> QIcon:
    made = QIcon()
    for mode, state, ink in (
        (QIcon.Mode.Normal, QIcon.State.Off, colour),
        (QIcon.Mode.Disabled, QIcon.State.Off, "faint"),
        (QIcon.Mode.Normal, QIcon.State.On, "on_accent" if colour == "text" else colour),
    ):
        for scale in (1, 2, 3):
            made.addPixmap(_pixmap(name, ink, scale), mode, state)
    return made


def _pixmap(name: str, ink: str, scale: int) -> QPixmap:
    pixmap = QPixmap(SIZE * scale, SIZE * scale)
    pixmap.setDevicePixelRatio(scale)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    colour = theme.current().colour(ink)
    solid, cap, join = Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin
    painter.setPen(QPen(colour, 1.6, solid, cap, join))
    painter.setBrush(QBrush(colour))
    _GLYPHS[name](painter)
    painter.end()
    return pixmap


def _play(painter: QPainter) -> None:
    painter.drawPolygon(QPolygonF([QPointF(4.5, 3), QPointF(13, 8), QPointF(4.5, 13)]))


def _pause(painter: QPainter) -> None:
    painter.drawRect(QRectF(4, 3.5, 2, 9))
    painter.drawRect(QRectF(10, 3.5, 2, 9))


def _record(painter: QPainter) -> None:
    painter.drawEllipse(QPointF(8, 8), 4.2, 4.2)


def _stop(painter: QPainter) -> None:
    painter.drawRect(QRectF(4.5, 4.5, 7, 7))


def _start(painter: QPainter) -> None:
    painter.drawLine(QPointF(4, 3.5), QPointF(4, 12.5))
    painter.drawPolygon(QPolygonF([QPointF(12.5, 3.5), QPointF(6.5, 8), QPointF(12.5, 12.5)]))


def _loop(painter: QPainter) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    path = QPainterPath(QPointF(12, 5))
    path.lineTo(5, 5)
    path.arcTo(QRectF(2, 5, 6, 6), 90, 180)
    path.lineTo(9, 11)
    path.moveTo(11, 11)
    path.arcTo(QRectF(8, 5, 6, 6), 270, 110)
    painter.drawPath(path)
    painter.drawPolyline(QPolygonF([QPointF(10, 2.8), QPointF(12.3, 5), QPointF(10, 7.2)]))


def _keep(painter: QPainter) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPolyline(QPolygonF([QPointF(3, 10), QPointF(3, 13), QPointF(13, 13), QPointF(13, 10)]))
    painter.drawLine(QPointF(8, 2.5), QPointF(8, 9.5))
    painter.drawPolyline(QPolygonF([QPointF(5, 7), QPointF(8, 10), QPointF(11, 7)]))


def _freeze(painter: QPainter) -> None:
    for dx, dy in ((5.2, 0.0), (2.6, 4.5), (-2.6, 4.5)):
        painter.drawLine(QPointF(8 - dx, 8 - dy), QPointF(8 + dx, 8 + dy))


def _speaker(painter: QPainter) -> None:
    shape = [QPointF(2.5, 6), QPointF(5, 6), QPointF(8, 3.2), QPointF(8, 12.8), QPointF(5, 10), QPointF(2.5, 10)]
    painter.drawPolygon(QPolygonF(shape))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawArc(QRectF(6.5, 4.5, 7, 7), -50 * 16, 100 * 16)


def _close(painter: QPainter) -> None:
    painter.drawLine(QPointF(4.5, 4.5), QPointF(11.5, 11.5))
    painter.drawLine(QPointF(11.5, 4.5), QPointF(4.5, 11.5))


def _open(painter: QPainter) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPolyline(QPolygonF([QPointF(4, 6), QPointF(8, 10), QPointF(12, 6)]))


def _fold(painter: QPainter) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPolyline(QPolygonF([QPointF(6, 4), QPointF(10, 8), QPointF(6, 12)]))


def _left(painter: QPainter) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPolyline(QPolygonF([QPointF(10, 4), QPointF(6, 8), QPointF(10, 12)]))


def _up(painter: QPainter) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPolyline(QPolygonF([QPointF(4.5, 7), QPointF(8, 3.5), QPointF(11.5, 7)]))
    painter.drawLine(QPointF(8, 4), QPointF(8, 12.5))


def _add(painter: QPainter) -> None:
    painter.drawLine(QPointF(8, 3.5), QPointF(8, 12.5))
    painter.drawLine(QPointF(3.5, 8), QPointF(12.5, 8))


def _step(painter: QPainter) -> None:
    painter.drawPolygon(QPolygonF([QPointF(7, 4), QPointF(12.5, 8), QPointF(7, 12)]))
    painter.drawLine(QPointF(3.5, 3.5), QPointF(3.5, 12.5))


def _list(painter: QPainter) -> None:
    for y in (4, 8, 12):
        painter.drawLine(QPointF(3.5, y), QPointF(12.5, y))


def _table(painter: QPainter) -> None:
    for y in (4, 8, 12):
        painter.drawLine(QPointF(3.5, y), QPointF(6.5, y))
        painter.drawLine(QPointF(9.5, y), QPointF(12.5, y))


_GLYPHS: dict[str, Callable[[QPainter], None]] = {
    "play": _play, "pause": _pause, "record": _record, "stop": _stop, "start": _start, "loop": _loop,
    "keep": _keep, "freeze": _freeze, "speaker": _speaker, "close": _close, "open": _open, "fold": _fold,
    "left": _left, "right": _fold, "up": _up, "add": _add, "list": _list, "table": _table, "step": _step,
}  # fmt: skip
