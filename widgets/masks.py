"""Masks drawn on a spectrogram: which one the mouse has, and how moving it changes the chain's settings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QPainter, QPen

from widgets import theme

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.session import Session

Mask = tuple[float, float, float, float]
"""From and to in seconds, from and to in hertz, as the specaugment stage has it."""
STAGE = "specaugment"
_NEAR = 5
_LEAST = 3


@dataclass(frozen=True)
class Area:
    """Where masks lie on the screen: seconds and hertz to pixels and back, inside `box`."""

    box: QRectF
    x: Callable[[float], float]
    y: Callable[[float], float]
    time: Callable[[float], float]
    hertz: Callable[[float], float]
    top: float

    def of(self, mask: Mask) -> QRectF:
        """The rectangle of a mask, cut to the plot."""
        start, stop, low, high = mask
        top = self.box.top() if high >= self.top else self.y(high)
        bottom = self.box.bottom() if low <= 0 else self.y(low)
        found = QRectF(QPointF(self.x(start), top), QPointF(self.x(stop), bottom))
        return found.intersected(self.box.adjusted(-2000, 0, 2000, 0))

    def mask(self, rect: QRectF) -> Mask:
        """The mask under a rectangle; one that touches an end of the axis reaches beyond it."""
        rect = rect.normalized()
        high = 1e9 if rect.top() <= self.box.top() + 1 else self.hertz(rect.top())
        low = 0.0 if rect.bottom() >= self.box.bottom() - 1 else self.hertz(rect.bottom())
        return max(0.0, self.time(rect.left())), max(0.0, self.time(rect.right())), low, high


class Masks:
    """Reads and writes the `drawn` setting of the chain's mask stage; the moves of one drag undo as one."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.chosen = -1
        self._from: QPointF | None = None
        self._rect = QRectF()
        self._edges = ""
        self._moved = False

    @property
    def drawn(self) -> tuple[Mask, ...]:
        index = self._index()
        return () if index is None else self._session.state.chain[index].settings.drawn  # type: ignore[attr-defined]

    @property
    def possible(self) -> bool:
        """Whether the chain has a stage that takes masks."""
        return self._index() is not None

    def _index(self) -> int | None:
        links = self._session.state.chain
        return next((index for index, link in enumerate(links) if link.stage == STAGE), None)

    def press(self, area: Area, at: QPointF, new: bool) -> bool:
        """Take the mask under the pointer, or begin a new one. False where there is none to take."""
        if self._index() is None:
            return False
        self._from, self._moved = at, False
        if new:
            self.chosen, self._edges, self._rect = -1, "new", QRectF(at, at)
            return True
        self.chosen = self.at(area, at)
        if self.chosen < 0:
            self._from = None
            return False
        self._rect = area.of(self.drawn[self.chosen])
        self._edges = _edges(self._rect, at)
        return True

    def drag(self, area: Area, at: QPointF) -> None:
        if self._from is None:
            return
        move = at - self._from
        if not self._moved and move.manhattanLength() < _LEAST:
            return
        if not self._moved and self._edges == "new":
            self.chosen = len(self.drawn)
        self._moved = True
        mask = area.mask(self._changed(area, at, move))
        drawn = list(self.drawn)
        drawn[self.chosen : self.chosen + 1] = [mask]
        self._write(tuple(drawn))

    def _changed(self, area: Area, at: QPointF, move: QPointF) -> QRectF:
        rect, box = QRectF(self._rect), area.box
        x, y = min(max(at.x(), box.left()), box.right()), min(max(at.y(), box.top()), box.bottom())
        if self._edges == "new":
            return QRectF(self._rect.topLeft(), QPointF(x, y))
        if not self._edges:
            # A whole mask keeps its height, and so its reach beyond the axis, while it moves.
            down = min(max(move.y(), box.top() - rect.top()), box.bottom() - rect.bottom())
            return rect.translated(move.x(), down)
        if "left" in self._edges:
            rect.setLeft(x)
        if "right" in self._edges:
            rect.setRight(x)
        if "top" in self._edges:
            rect.setTop(y)
        if "bottom" in self._edges:
            rect.setBottom(y)
        return rect

    def release(self) -> bool:
        """The drag is over. False where nothing was moved."""
        self._from = None
        if self._moved:
            self._session.end_merge()
        return self._moved

    def remove(self) -> bool:
        """Take the chosen mask away. False where none is chosen."""
        drawn = self.drawn
        if not 0 <= self.chosen < len(drawn):
            return False
        index, self.chosen = self.chosen, -1
        self._write(drawn[:index] + drawn[index + 1 :], merge=None)
        return True

    def at(self, area: Area, point: QPointF) -> int:
        """The topmost mask under a point, or -1."""
        near = [index for index, mask in enumerate(self.drawn) if _around(area.of(mask)).contains(point)]
        return near[-1] if near else -1

    def shape(self, area: Area, point: QPointF) -> Qt.CursorShape:
        """What the pointer looks like over a point."""
        index = self.at(area, point)
        if index < 0:
            return Qt.CursorShape.ArrowCursor
        edges = _edges(area.of(self.drawn[index]), point)
        if not edges:
            return Qt.CursorShape.SizeAllCursor
        if edges in ("left", "right"):
            return Qt.CursorShape.SizeHorCursor
        if edges in ("top", "bottom"):
            return Qt.CursorShape.SizeVerCursor
        same = edges in ("left top", "right bottom")
        return Qt.CursorShape.SizeFDiagCursor if same else Qt.CursorShape.SizeBDiagCursor

    def _write(self, drawn: tuple[Mask, ...], merge: str | None = "mask") -> None:
        index = self._index()
        if index is None:
            return
        links = list(self._session.state.chain)
        links[index] = replace(links[index], settings=links[index].settings.but(drawn=drawn), on=True)
        self._session.set("chain", tuple(links), merge=merge)


def paint_mask(painter: QPainter, rect: QRectF, chosen: bool) -> None:
    """Hatched, so that it is told from dark sound, with handles where it is chosen."""
    palette = theme.current()
    painter.fillRect(rect, palette.colour("ground", 0.45))
    painter.fillRect(rect, QBrush(palette.colour("text", 0.35), Qt.BrushStyle.BDiagPattern))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(palette.colour("accent" if chosen else "text"), 2 if chosen else 1))
    painter.drawRect(rect.adjusted(0.5, 0.5, -0.5, -0.5))
    if chosen:
        for corner in (rect.topLeft(), rect.topRight(), rect.bottomLeft(), rect.bottomRight()):
            painter.fillRect(QRectF(corner.x() - 3, corner.y() - 3, 6, 6), palette.colour("accent"))


def _around(rect: QRectF) -> QRectF:
    return rect.adjusted(-_NEAR, -_NEAR, _NEAR, _NEAR)


def _edges(rect: QRectF, point: QPointF) -> str:
    """Which edges lie under a point: some of left, right, top, bottom. A small mask's middle third moves it."""
    near_x, near_y = min(_NEAR, rect.width() / 3), min(_NEAR, rect.height() / 3)
    near = {
        "left": point.x() <= rect.left() + near_x,
        "right": point.x() >= rect.right() - near_x,
        "top": point.y() <= rect.top() + near_y,
        "bottom": point.y() >= rect.bottom() - near_y,
    }
    return " ".join(edge for edge, close in near.items() if close)
