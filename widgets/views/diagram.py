"""The cell of one unit at one frame: its picture with live numbers, its place on the curves, its equations."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from engine.trace import Key
from widgets import anatomy, axis, equations, operating, schema, theme
from widgets.ring import keep
from widgets.view import View as Base
from widgets.view import guarded

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from engine.session import Session
    from engine.trace import Series
    from widgets.ring import Ring

TITLE = "Cell"
LANE = False
ORDER = 40
_NAMES = {"h", "c", *(f"gate.{letter}" for letter in "fiogrzn")}
_HEAD, _BESIDE = 40, 640
_PAUSE = 0.05
"""Seconds between two pictures of a live unit."""


class View(Base):
    """Follows the pointer over a lane, the cursor, the playback and what comes live."""

    TITLE = TITLE

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.anatomy: anatomy.Anatomy | None = None
        self.head = ("", "")
        self._rings: dict[Key, Ring] = {}
        self._drawn = 0.0
        self._sheet = _Sheet(self)
        area = QScrollArea(self)
        area.setWidget(self._sheet)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area = area
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(area)
        self.watch("cursor", "pointed", "traced", "transport", "dissected", "walk")
        session.on("live", self._arrived)

    def sizeHint(self) -> QSize:
        return QSize(34 * theme.GRID, _HEAD + schema.HEIGHT + operating.HEIGHT + 200)

    def minimumSizeHint(self) -> QSize:
        return QSize(32 * theme.GRID, 20 * theme.GRID)

    def tick(self) -> None:
        """Live, twenty times a second: figures that change faster cannot be read."""
        if self._runs() and time.monotonic() - self._drawn < _PAUSE:
            return
        super().tick()

    def refresh(self) -> None:
        self._drawn = time.monotonic()
        looked = self.session.state.looked
        self.anatomy = None
        if looked.key is None or looked.unit is None or looked.key.name not in _NAMES:
            self.say("Point at a unit of the hidden state or of a gate: its cell is drawn here, with its numbers.")
            return
        key = Key("h", looked.key.layer, looked.key.direction)
        found = self._frame(key)
        if found is not None:
            frame, count, when = found
            step = -1 if key.direction == "forward" else 1
            network = self.session.state.network
            kind = network.kind if network is not None else ""
            made = anatomy.read(
                lambda each, back: self._value(each, looked.unit or 0, frame + back * step), key, kind
            )
            if made is not None:
                traced, live = self.session.state.traced, self.session.state.transport.live
                changed = not live and traced is not None and traced.difference is not None
                self.anatomy = replace(self._explained(made, key, int(looked.unit), when), changed=changed)
            way = "→" if key.direction == "forward" else "←"
            place = f"{axis.clock(when)}   frame {frame + 1}" + (f" of {count}" if count else "")
            self.head = (f"Unit {looked.unit}   layer {key.layer} {way}", place)
        words = "This network has no such unit, or the range is too long for all of its values. "
        self.say("" if self.anatomy is not None else f"{words}Point at another one, or zoom in.")
        if self.anatomy is not None:
            self.setAccessibleDescription(" ".join((*self.head, *self.sentences())))
            self._sheet.fit()

    def sentences(self) -> list[str]:
        """Every equation as it is written, in reading order."""
        if self.anatomy is None:
            return []
        return [each.sentence() for each in equations.equations(self.anatomy)]

    def _explained(self, made: anatomy.Anatomy, key: Key, unit: int, when: float) -> anatomy.Anatomy:
        """With the terms, where those of this very frame are known."""
        found = self.session.state.dissected
        if found is None or (found.key, found.unit) != (key, unit) or abs(found.time - when) > 1e-4:
            return made
        return replace(anatomy.found(made, found.before), terms=found.terms, note=found.note)

    # Where the numbers come from.

    def _runs(self) -> bool:
        transport = self.session.state.transport
        return transport.live and not transport.frozen

    def _frame(self, key: Key) -> tuple[int, int, float] | None:
        """The frame of h that is looked at, how many there are (live: 0), and its time; None without any."""
        state = self.session.state
        if state.transport.live:
            ring, found = self._rings.get(key), state.dissected
            if ring is None or not ring.end:
                return None
            # The terms come a little later than the states: the frame that has both is drawn.
            known = found is not None and (found.key, found.unit) == (key, state.looked.unit)
            frame = ring.end - 1
            if found is not None and known and 0 <= frame - (at := round(found.time * ring.rate)) < ring.rate / 2:
                return at, 0, found.time
            return frame, 0, frame / ring.rate
        series, traced = self._series(key), state.traced
        if series is None or traced is None or not len(series.values):
            return None
        start, scale = traced.trace.start, traced.scale
        frame = series.frame(start + (state.looked.time - start) * scale)
        return frame, len(series.values), start + (series.time(frame) - start) / scale

    def _series(self, key: Key) -> Series | None:
        traced = self.session.state.traced
        return traced.trace.series.get(key) if traced is not None else None

    def _value(self, key: Key, unit: int, frame: int) -> float | None:
        """A value of the unit; None where there is no such frame."""
        if self.session.state.transport.live:
            ring = self._rings.get(key)
            if ring is None or unit >= ring.rows or not ring.oldest <= frame < ring.end:
                return None
            found = float(ring.values[frame % ring.capacity, unit])
            return None if np.isnan(found) else found
        series = self._series(key)
        if series is None or unit >= series.values.shape[1] or not 0 <= frame < len(series.values):
            return None
        return float(series.values[frame, unit])

    def _arrived(self) -> None:
        """Keep the newest frames of every state, while somebody looks."""
        transport = self.session.state.transport
        if not transport.live or transport.frozen or not self.isVisible():
            return
        for frames in self.session.state.live:
            for key, series in frames.series.items():
                if key.name in _NAMES and len(series.values):
                    keep(self._rings, key, series, 1.0)
        self.mark()

    # The picture.

    def ground(self) -> QWidget:
        return self._area.viewport()

    def repaint_later(self) -> None:
        self._sheet.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._sheet.fit()


class _Sheet(QWidget):
    """What scrolls: the head, the picture, the curves, the equations; side by side where it is wide."""

    def __init__(self, view: View) -> None:
        super().__init__()
        self._view = view

    def fit(self) -> None:
        """As high as its parts."""
        made, width = self._view.anatomy, self._view.width()
        if made is None:
            self.setMinimumHeight(0)
            return
        left = _HEAD + schema.HEIGHT + operating.HEIGHT + 2 * theme.GRID
        right = _HEAD + equations.height(made, self._room(width)) + theme.GRID
        self.setMinimumHeight(int(max(left, right) if width >= _BESIDE else left + right - _HEAD + theme.GRID))

    @staticmethod
    def _room(width: float) -> float:
        """The width of the equations."""
        return (width / 2 if width >= _BESIDE else width) - 2 * theme.GRID - 4

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        self._view.renew()
        painter = QPainter(self)
        try:
            if self._view.anatomy is not None and not self._view.trouble:
                self._paint(painter, self._view.anatomy)
        finally:
            painter.end()

    def _paint(self, painter: QPainter, made: anatomy.Anatomy) -> None:
        palette, margin, beside = theme.current(), theme.GRID, self.width() >= _BESIDE
        head, place = self._view.head
        top = QRectF(margin, margin // 2, self.width() - 2 * margin, 18)
        painter.setFont(theme.font(theme.LARGE, bold=True))
        painter.setPen(palette.colour("text"))
        painter.drawText(top, Qt.AlignmentFlag.AlignLeft, head)
        painter.setFont(theme.font(theme.SMALL))
        painter.setPen(palette.colour("muted"))
        words = f"{place}, the first: h′ = 0" if made.first else place
        painter.drawText(top.translated(0, 19), Qt.AlignmentFlag.AlignLeft, words)
        wide = self.width() / 2 if beside else float(self.width())
        box = QRectF(margin, _HEAD, wide - 2 * margin, schema.HEIGHT)
        schema.paint(painter, box, made)
        curves = box.translated(0, schema.HEIGHT + margin)
        operating.paint(painter, curves, made)
        left, y = (wide + margin, _HEAD) if beside else (margin, curves.top() + operating.HEIGHT + margin)
        room = QRectF(left, y, self._room(self.width()), self.height() - y)
        equations.paint(painter, room, made)
        if made.note:
            painter.setFont(theme.font(theme.SMALL))
            painter.setPen(palette.colour("muted"))
            below = room.translated(0, equations.height(made, room.width()) - 14)
            painter.drawText(below, Qt.TextFlag.TextWordWrap, made.note)
