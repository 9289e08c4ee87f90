"""What lies behind and before a picture: the spectrogram, dim, and heat that lets it shine through."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage

from engine.trace import Key
from widgets import colour, reduce, theme
from widgets.scale import Scales

if TYPE_CHECKING:
    from PySide6.QtGui import QPainter

    from engine.trace import Series
    from widgets.lane import Lane

_DIM = 0.34
"""How much of the spectrogram is seen behind a picture."""
_GAMMA, _MOST = 0.5, 0.8
"""Below 1 faint heat is seen too; even the greatest lets something shine through."""


class Backdrop:
    """The spectrogram of the inspection, painted dimly behind what a lane shows; made anew where it moves."""

    def __init__(self, lane: Lane) -> None:
        self._lane = lane
        self._scales = Scales(signed=False)
        self._made: tuple[object, int, QImage] | None = None

    def paint(self, painter: QPainter, box: QRectF) -> None:
        """Over `box`, whose width is that of the lane's time axis; nothing where there is no spectrogram."""
        traced = self._lane.session.state.traced
        series = traced.trace.series.get(Key("picture")) if traced is not None and not self._lane.live else None
        if series is None or box.height() < 4:
            return
        ratio, span = self._lane.canvas.devicePixelRatioF(), self._lane.span()
        width, height = max(1, round(box.width() * ratio)), max(1, round(box.height() * ratio))
        asked = (series, span, width, height, theme.current().name)
        if self._made is None or self._made[0] != asked:
            self._made = (asked, *self._image(series, width, height))
        _, first, image = self._made
        if not image.isNull():
            goal = QRectF(box.left() + first / ratio, box.top(), image.width() / ratio, box.height())
            painter.save()
            painter.setOpacity(_DIM)
            painter.drawImage(goal, image)
            painter.restore()

    def _image(self, series: Series, width: int, height: int) -> tuple[int, QImage]:
        span, (first, rate) = self._lane.span(), self._lane.clock(series)
        found = reduce.columns(series.values, rate, first, span.start, span.stop, width, "most")
        if not len(found.values):
            return 0, QImage()
        low, high = self._scales.of_clip(Key("picture"), series)
        ink = theme.current().colour("text")
        values = reduce.fewer_rows(found.values, height, "mean")
        levels = colour.indices(np.ascontiguousarray(values.T[::-1], np.float32), low, high)
        return found.first, _drawn(_fading(ink.red(), ink.green(), ink.blue(), 1.0)[levels])


def heat(values: np.ndarray, high: float = 1.0) -> QImage:
    """Columns [n, N] from 0, which is clear, to `high`: an image n wide and N high, the first row on top."""
    table = _clear(theme.current().name)
    return _drawn(table[colour.indices(np.ascontiguousarray(values.T, np.float32), 0.0, high)])


def _drawn(pixels: np.ndarray) -> QImage:
    height, width = pixels.shape
    form = QImage.Format.Format_ARGB32_Premultiplied
    return QImage(np.ascontiguousarray(pixels).data, width, height, 4 * width, form).copy()


@functools.cache
def _clear(name: str) -> np.ndarray:
    """The colours of shares, the lower the clearer."""
    table = colour.table("share", name)
    share = _MOST * (np.arange(len(table)) / (len(table) - 1)) ** _GAMMA
    return _premultiplied(table >> 16 & 255, table >> 8 & 255, table & 255, share)


@functools.cache
def _fading(red: int, green: int, blue: int, most: float) -> np.ndarray:
    """One ink, from nothing of it to `most`."""
    share = most * np.arange(colour.LEVELS) / (colour.LEVELS - 1)
    return _premultiplied(np.full_like(share, red), np.full_like(share, green), np.full_like(share, blue), share)


def _premultiplied(red: np.ndarray, green: np.ndarray, blue: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    parts = [np.rint(each * alpha).astype(np.uint32) for each in (red, green, blue)]
    opaque = np.rint(255 * alpha).astype(np.uint32)
    return opaque << np.uint32(24) | parts[0] << np.uint32(16) | parts[1] << np.uint32(8) | parts[2]
