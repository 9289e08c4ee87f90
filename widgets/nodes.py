"""The picture of an unrolled network: nodes in their colours, arrows up and along the time, what is read out."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from widgets import colour, theme

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from widgets.unroll import Row

ROUND = 8.0
"""Pixels between two nodes from which on they are round and have arrows between them."""
LARGEST = 13.0


@dataclass(frozen=True, eq=False)
class Grid:
    """Where nodes lie: `x` [n] of the groups that are seen, `apart` pixels from each other, `y` of each row."""

    rows: Sequence[Row]
    x: np.ndarray
    y: Sequence[float]
    apart: float
    height: float

    @property
    def radius(self) -> float:
        return max(1.0, min(0.32 * self.apart, 0.34 * self.height, LARGEST))

    @property
    def top(self) -> list[int]:
        """The rows of the last layer."""
        layers = [0 if row.key is None else row.key.layer for row in self.rows]
        return [index for index, layer in enumerate(layers) if layer == max(layers)]


def paint_arrows(painter: QPainter, grid: Grid, answers: bool) -> None:
    """Up from layer to layer, into y where there are `answers` for frames, and along a layer as its time goes."""
    painter.setPen(QPen(theme.current().colour("faint"), 1))
    painter.drawLines(_upward(grid, answers) + _along(grid))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.current().colour("muted"))
    for index, row in enumerate(grid.rows):
        if row.kind == "h":
            _paint_heads(painter, grid, grid.y[index], 1 if row.direction == "forward" else -1)


def _upward(grid: Grid, answers: bool) -> list[QLineF]:
    """From every row to those of the next level; a line that passes another row goes beside its nodes."""
    rows, found = grid.rows, []
    levels = [0 if row.kind == "x" else row.key.layer if row.key is not None else 10**6 for row in rows]
    order = sorted(set(levels))
    for low, high in itertools.combinations(range(len(rows)), 2):
        above = order.index(levels[high]) == order.index(levels[low]) + 1
        if above and (answers or rows[high].kind != "y"):
            aside = 0.5 * grid.radius if high - low > 1 else 0.0
            found += [QLineF(x + aside, grid.y[low], x + aside, grid.y[high]) for x in grid.x]
    return found


def _along(grid: Grid) -> list[QLineF]:
    lines = []
    for index, row in enumerate(grid.rows):
        if row.kind == "h":
            y = grid.y[index]
            lines += [QLineF(start, y, stop, y) for start, stop in itertools.pairwise(grid.x)]
    return lines


def _paint_heads(painter: QPainter, grid: Grid, y: float, way: int) -> None:
    """Where an arrow along the time ends: at the next node, which for a backward pass is the one before."""
    radius = grid.radius
    for x in grid.x[1:] if way > 0 else grid.x[:-1]:
        tip = x - way * (radius + 1)
        sides = [QPointF(tip - 4 * way, y + side) for side in (-3, 3)]
        painter.drawPolygon(QPolygonF([QPointF(tip, y), *sides]))


def paint_feedback(painter: QPainter, grid: Grid, places: Sequence[int]) -> None:
    """From what is said at one node down to what is heard at the next: `places` are those that hear it."""
    painter.setPen(QPen(theme.current().colour("accent", 0.7), 1.5, Qt.PenStyle.DashLine))
    top, bottom = grid.y[-1] + grid.radius, grid.y[0] - grid.radius
    painter.drawLines([QLineF(grid.x[k - 1], top, grid.x[k], bottom) for k in places if 0 < k < len(grid.x)])


def paint_answer(painter: QPainter, grid: Grid, at: float, last: float | None) -> None:
    """The lines into the one answer of a clip at `at`: from the `last` frame's x, or from all of them."""
    end = QPointF(at, grid.y[-1])
    painter.setPen(QPen(theme.current().colour("faint"), 1))
    starts = grid.x if last is None else [last]
    painter.drawLines([QLineF(x, grid.y[row], end.x(), end.y()) for row in grid.top for x in starts])


def paint_nodes(
    painter: QPainter, grid: Grid, row: int, inks: Sequence[QColor], names: Sequence[str] = (), pile: bool = False
) -> None:
    """The nodes of a row, with names where there is room; a `pile` stands for several frames."""
    radius, y = grid.radius, grid.y[row]
    if grid.apart < ROUND:
        height = min(8.0, 0.6 * grid.height)
        for x, ink in zip(grid.x, inks, strict=True):
            painter.fillRect(QRectF(x - grid.apart / 2, y - height / 2, max(1.0, grid.apart - 1), height), ink)
        return
    painter.setPen(QPen(theme.current().colour("muted"), 1))
    for x, ink in zip(grid.x, inks, strict=True):
        painter.setBrush(ink)
        if pile:
            painter.drawRoundedRect(QRectF(x - radius + 2, y - radius - 2, 2 * radius - 2, 2 * radius), 3, 3)
            painter.drawRoundedRect(QRectF(x - radius, y - radius, 2 * radius - 2, 2 * radius), 3, 3)
        else:
            painter.drawEllipse(QPointF(x, y), radius, radius)
    if radius >= 5:
        for x, ink, name in zip(grid.x, inks, names, strict=False):
            paint_name(painter, QPointF(x, y), name, ink)


def paint_name(painter: QPainter, centre: QPointF, name: str, ground: QColor) -> None:
    """A short name on a node of a colour."""
    painter.setFont(theme.font(theme.SMALL, bold=True))
    painter.setPen(QColor("#f2f4f7" if ground.lightnessF() < 0.5 else "#12161c"))
    painter.drawText(QRectF(centre.x() - 30, centre.y() - 10, 60, 20), Qt.AlignmentFlag.AlignCenter, name)


def paint_ring(painter: QPainter, centre: QPointF, radius: float) -> None:
    """Around the node where the cursor is."""
    painter.setPen(QPen(QColor(theme.current().accent), 2))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawEllipse(centre, radius + 3, radius + 3)


def tints(kind: str, values: np.ndarray) -> list[QColor]:
    """The colours of values: from -1 to 1 where they are `signed`, else from 0 to 1."""
    table = colour.table(kind, theme.current().name)
    low = -1.0 if kind == "signed" else 0.0
    return [QColor.fromRgba(int(each)) for each in table[colour.indices(values, low, 1.0)]]
