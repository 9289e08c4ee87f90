"""The best path through a trellis: labels that begin, are repeated and become one, and blanks, by their shapes."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from widgets import theme

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

_FRAME = 7.0
"""Pixels of a frame from which each has a sign of its own."""
_SQUARE, _LEAST = 7.0, 4.0


class Run(NamedTuple):
    """A state of the trellis in which the path stays from frame `start` up to but not including `stop`."""

    state: int
    start: int
    stop: int

    @property
    def blank(self) -> bool:
        """States of even number are the blanks between labels."""
        return self.state % 2 == 0


def runs(path: NDArray[np.int64]) -> list[Run]:
    """A path [T] as the states that it goes through."""
    if not len(path):
        return []
    edges = [0, *(np.flatnonzero(np.diff(path)) + 1).tolist(), len(path)]
    return [Run(int(path[a]), a, b) for a, b in itertools.pairwise(edges)]


def paint_path(
    painter: QPainter, box: QRectF, path: list[Run], rows: tuple[int, int], x: Callable[[float], float]
) -> None:
    """`rows` of the states share the height of `box`; `x` is where a frame begins, in pixels."""
    low, high = rows
    height = box.height() / max(high - low, 1)
    seen = [each for each in path if x(each.stop) >= box.left() and x(each.start) <= box.right()]
    painter.save()
    painter.setClipRect(box)
    palette = theme.current()
    ways = _ways([(round(x(run.start)), round(x(run.stop)), _middle(run, box, low, height)) for run in seen])
    painter.setPen(Qt.PenStyle.NoPen)
    for name, more in (("ground", 1), ("text", 0)):
        painter.setBrush(palette.colour(name))
        painter.drawRects([each.adjusted(-more, -more, more, more) for each in ways])
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for run in seen:
        y = box.top() + (run.state - low + 0.5) * height
        (_paint_blank if run.blank else _paint_label)(painter, run, y, min(_SQUARE, max(1.0, height)), x)
    painter.restore()


def _middle(run: Run, box: QRectF, low: int, height: float) -> int:
    return round(box.top() + (run.state - low + 0.5) * height)


def _ways(runs_: list[tuple[int, int, int]]) -> list[QRect]:
    """Lines across, from left to right at a height, and down or up from each to the next, a pixel thick."""
    across = [QRect(left, y, max(right - left, 1), 1) for left, right, y in runs_]
    steps = [
        QRect(right, min(y, below), 1, abs(below - y) + 1)
        for (_, right, y), (_, _, below) in itertools.pairwise(runs_)
    ]
    return across + steps


def _paint_label(painter: QPainter, run: Run, y: float, size: float, x: Callable[[float], float]) -> None:
    """A filled square where it begins, hollow ones where it is repeated, all in one frame."""
    palette = theme.current()
    ink, left, right = palette.colour("accent"), x(run.start), x(run.stop)
    wide = (right - left) / (run.stop - run.start)
    half = size / 2
    if size < _LEAST:  # of many labels, only where they lie
        painter.fillRect(QRectF(left, y - 1, max(right - left, 2.0), 2), ink)
        return
    begin = left + (min(wide, size) if wide < _FRAME else wide) / 2
    painter.setPen(QPen(ink, 1))
    painter.setBrush(palette.colour("ground", 0.6))
    whole = QRectF(begin - half - 1.5, y - half - 1.5, 0, size + 3)
    whole.setRight(max(right, begin + half + 1.5))
    painter.drawRoundedRect(whole, 2, 2)
    for frame in range(run.start + 1, run.stop) if wide >= _FRAME else ():
        middle = (x(frame) + x(frame + 1)) / 2
        painter.drawRect(QRectF(middle - half + 1, y - half + 1, size - 2, size - 2))
    painter.fillRect(QRectF(begin - half, y - half, size, size), ink)


def _paint_blank(painter: QPainter, run: Run, y: float, size: float, x: Callable[[float], float]) -> None:
    """A dot for each frame, or as many as there is room for."""
    palette = theme.current()
    left, right = x(run.start), x(run.stop)
    if size < _LEAST:
        painter.fillRect(QRectF(left, y - 0.5, right - left, 1), palette.colour("text"))
        return
    count = max(1, min(run.stop - run.start, int((right - left) / _FRAME)))
    step, radius = (right - left) / count, min(1.75, size / 2)
    painter.setPen(QPen(palette.colour("ground"), 0.75))
    painter.setBrush(palette.colour("text"))
    for dot in range(count):
        painter.drawEllipse(QPointF(left + (dot + 0.5) * step, y), radius, radius)
