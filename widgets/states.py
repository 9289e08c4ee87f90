"""A lane of states or gates that can be changed: a brush, the menu of what to do, and marks of what is done."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QAction, QPainter, QPen
from PySide6.QtWidgets import QMenu

from engine import surgery
from engine.surgery import Edit
from widgets import memory, theme
from widgets.brush import Brush
from widgets.cut import offers, paint_edit, rects
from widgets.heat import HeatLane

if TYPE_CHECKING:
    from PySide6.QtCore import QPoint
    from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent
    from PySide6.QtWidgets import QWidget

    from engine.session import Session
    from widgets.lane import Reading
    from widgets.strip import Strip

ACTIONS = ("reset_state", "copy_state", "paste_state")
"""Actions of the window for the moment under the pointer."""
_LEAST = 4
_HELP = (
    "Change what the network computes: while this is on, a drag brushes a stretch of time and some units, and a "
    "menu asks what to do with them. Without it hold Alt. By keys: E begins at the cursor, arrows move its end, "
    "Up and Down take more units, Return asks."
)
_CHANGE = "Alt-drag, or E, brushes what is to be changed; right click: reset, copy or paste the state there."


class StateLane(HeatLane):
    """Alt-drag brushes units over a stretch of time; the menu writes an edit into the session."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.brush: Brush | None = None
        self._from: QPointF | None = None
        self._by_key = False
        self._menu: QMenu | None = None
        self.brushing = self.header.set_tool("Change", _HELP)
        self.canvas.setToolTip(_CHANGE)
        self.overlay("edits")

    def refresh(self) -> None:
        super().refresh()
        network = self.session.state.network
        states = network is None or bool(self._kind())
        self.header.show_tool(bool(self.strips) and states and not self.live)
        if self.brush is not None and (self.live or self.brush.strip >= len(self.strips)):
            self.brush = None

    def _reading(self, strip: Strip, unit: int, time: float) -> Reading:
        """With the half-life of a unit whose memory is at hand."""
        found = super()._reading(strip, unit, time)
        life = "" if self.live else memory.told(self.source(), strip.key, unit, self._kind())
        return replace(found, text=f"{found.text}   {life}") if life else found

    def _kind(self) -> str:
        network = self.session.state.network
        return network.kind if network is not None else ""

    # The brush.

    def pressed(self, event: QMouseEvent) -> bool:
        held = event.modifiers()
        draws = self.brushing.isChecked() or bool(held & Qt.KeyboardModifier.AltModifier)
        if self.live or not self.strips or not draws or held & Qt.KeyboardModifier.ShiftModifier:
            return False
        self._from, self._by_key, self.brush = event.position(), False, None
        return True

    def hovered(self, event: QMouseEvent) -> None:
        alt = event.modifiers() & Qt.KeyboardModifier.AltModifier
        draws = (self.brushing.isChecked() or alt) and not self.live
        self.canvas.setCursor(Qt.CursorShape.CrossCursor if draws else Qt.CursorShape.ArrowCursor)

    def dragged(self, event: QMouseEvent) -> None:
        start, at = self._from, event.position()
        if start is None or (self.brush is None and (at - start).manhattanLength() < _LEAST):
            return
        if self.brush is None:
            index = self._strip_at(start)
            self.brush = Brush(index, (self.axis().time(start.x()),) * 2, (self._row(index, start),) * 2)
        self.brush = self.brush.to(self.axis().time(at.x()), self._row(self.brush.strip, at))
        self.canvas.update()

    def released(self, event: QMouseEvent) -> None:
        self._from = None
        if self.brush is None:
            self.clicked(event.position())
        else:
            self.ask(event.globalPosition().toPoint())

    def _strip_at(self, point: QPointF) -> int:
        boxes = [self.box(len(self.strips), index) for index in range(len(self.strips))]
        return min(range(len(boxes)), key=lambda index: abs(boxes[index].center().y() - point.y()))

    def _row(self, index: int, point: QPointF) -> int:
        """The row of a strip at a point, or its first or last one beside it."""
        box, rows = self.box(len(self.strips), index), self.strips[index].rows
        return int(min(max((point.y() - box.top()) / box.height(), 0.0), 0.999999) * rows)

    def key(self, event: QKeyEvent) -> bool:
        key = event.key()
        if key == Qt.Key.Key_E and not event.modifiers() and self.strips and not self.live:
            self._begin()
            return True
        if self.brush is None or not self._by_key:
            return False
        low, high = sorted(self.brush.rows)
        most = self.strips[self.brush.strip].rows - 1
        wider = {
            Qt.Key.Key_Up: (low - 1, high), Qt.Key.Key_Down: (low, high + 1),
            Qt.Key.Key_PageUp: (0, high), Qt.Key.Key_PageDown: (low, most),
        }  # fmt: skip
        if key in wider:
            low, high = wider[key]  # type: ignore[index]
            self.brush = replace(self._keyed(), rows=(max(low, 0), min(high, most)))
            self.canvas.update()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.brush = self._keyed()
            self.ask(self.canvas.mapToGlobal(self._rect(self.brush).center().toPoint()))
        return key in wider or key in (Qt.Key.Key_Return, Qt.Key.Key_Enter)

    def _begin(self) -> None:
        """By keys: at the selection or the cursor, with the unit that was chosen or all of them; again: not."""
        if self.brush is not None:
            self.brush = None
        else:
            cursor, chosen = self.session.state.cursor, self.session.state.selection
            index = next((k for k, each in enumerate(self.strips) if each.key == cursor.key), 0)
            strip, rows = self.strips[index], (0, self.strips[index].rows - 1)
            if strip.key == cursor.key and cursor.unit is not None and cursor.unit < strip.rows:
                rows = (int(strip.share(int(cursor.unit)) * strip.rows),) * 2
            times = (chosen.start, chosen.stop) if chosen is not None else (cursor.time, cursor.time)
            self.brush, self._by_key = Brush(index, times, rows), chosen is None
            if chosen is not None:
                self.ask(self.canvas.mapToGlobal(self._rect(self.brush).center().toPoint()))
        self.canvas.update()

    def _keyed(self) -> Brush:
        """What is brushed by keys ends at the cursor."""
        assert self.brush is not None
        return replace(self.brush, times=(self.brush.times[0], self.session.state.cursor.time))

    # What to do.

    def ask(self, place: QPoint) -> None:
        """A menu for what is brushed; it is forgotten when the menu closes."""
        brush = self.brush
        if brush is None:
            return
        strip = self.strips[brush.strip]
        start, stop = brush.span(*self.clock(strip.series), len(strip.series.values))
        name = strip.key.name.removeprefix("gate.")
        layer, way, units = strip.key.layer, strip.key.direction, brush.units(strip)
        edit = Edit("set", start, stop, name, layer, way, units)
        menu = self._open(f"{surgery.WORDS[name]} {name}, {surgery.where(edit)}, {start:.2f} to {stop:.2f} s")
        for words, value in offers(name, self._kind()):
            made = replace(edit, how="freeze") if value is None else replace(edit, value=value)
            menu.addAction(words, partial(self.change, made))
        menu.addSeparator()
        at = start if way == "forward" else stop
        state = Edit("reset", at, layer=layer, direction=way, units=units)
        menu.addAction("&Reset their state at its beginning", partial(self.change, state))
        copied = self.session.state.memory
        if copied is not None:
            pasted = replace(state, how="paste", memory=copied)
            menu.addAction(f"&Paste the state of {copied.words}", partial(self.change, pasted))
        menu.aboutToHide.connect(self._forget)
        menu.popup(place)

    def change(self, edit: Edit) -> None:
        """Add an edit to the session."""
        self.session.set("edits", (*self.session.state.edits, edit))

    def _forget(self) -> None:
        self.brush = None
        self.canvas.update()

    def _open(self, title: str) -> QMenu:
        if self._menu is not None:
            self._menu.deleteLater()
        menu = self._menu = QMenu(self)
        menu.addAction(title).setEnabled(False)
        menu.addSeparator()
        return menu

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """At the pointer: the actions of the window, and the edits that lie there."""
        point = QPointF(self.canvas.mapFrom(self, event.pos()))
        if self.live or not self.strips or not self.area().contains(point):
            return
        time = self.axis().time(point.x())
        menu = self._open(f"at {time:.2f} s")
        self.move_cursor(time)
        for name in ACTIONS:
            if (action := self.window().findChild(QAction, name)) is not None:
                menu.addAction(action)
        menu.addSeparator()
        edits = self.session.state.edits
        strip = self.strips[self._strip_at(point)]
        for index, edit in enumerate(edits):
            if any(rect.contains(point) for rect in self._rects(edit, strip)):
                words, rest = surgery.what(edit), edits[:index] + edits[index + 1 :]
                turned = (*edits[:index], replace(edit, on=not edit.on), *edits[index + 1 :])
                menu.addAction(f"Switch {'off' if edit.on else 'on'}: {words}", partial(self._put, turned))
                menu.addAction(f"Remove: {words}", partial(self._put, rest))
        menu.popup(event.globalPos())

    def _put(self, edits: tuple[Edit, ...]) -> None:
        self.session.set("edits", edits)

    # The marks.

    def paint_over(self, painter: QPainter, area: QRectF) -> None:
        super().paint_over(painter, area)
        if self.live:
            return
        for strip in self.strips:
            for edit in self.session.state.edits:
                paint_edit(painter, edit, self._rects(edit, strip))
        if self.brush is not None and self.brush.strip < len(self.strips):
            rect = self._rect(self._keyed() if self._by_key else self.brush)
            painter.fillRect(rect, theme.current().colour("accent", 0.25))
            painter.setPen(QPen(theme.current().colour("accent"), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(rect.adjusted(0.5, 0.5, -0.5, -0.5))

    def _rects(self, edit: Edit, strip: Strip) -> list[QRectF]:
        return rects(edit, strip, self.box(len(self.strips), self.strips.index(strip)), self.axis())

    def _rect(self, brush: Brush) -> QRectF:
        strip, box = self.strips[brush.strip], self.box(len(self.strips), brush.strip)
        start, stop = brush.span(*self.clock(strip.series), len(strip.series.values))
        low, high = sorted(brush.rows)
        left, right = self.axis().x(start), self.axis().x(stop)
        each = box.height() / strip.rows
        return QRectF(left, box.top() + low * each, right - left, (high + 1 - low) * each)
