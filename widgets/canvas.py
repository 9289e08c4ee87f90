"""The plot of a lane: paints its data, axis, selection and cursor, and turns mouse and keys into moves in time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QFontMetricsF, QPainter, QPolygonF
from PySide6.QtWidgets import QWidget

from widgets import theme
from widgets.view import guarded

if TYPE_CHECKING:
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPaintEvent, QWheelEvent

    from widgets.lane import Lane, Tick

TICKS = 6 * theme.GRID
"""Width of the vertical axis at the left of every plot, so that all plots begin at one pixel."""
RIGHT = theme.GRID
VEIL = 0.93
"""How much of what lies ahead is hidden in step mode."""
_CLICK = 4


class Canvas(QWidget):
    """Wheel zooms at the pointer, drag pans, Shift-drag selects, a click sets the cursor, arrows move it."""

    def __init__(self, lane: Lane) -> None:
        super().__init__(lane)
        self._lane = lane
        self._press: QPointF | None = None
        self._start = 0.0
        self._mode = ""
        self._by_key = False
        self.pointer: QPointF | None = None
        self.ticked = True
        """Whether there is a vertical axis."""
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    @property
    def left(self) -> int:
        """Where the plot begins, in pixels."""
        return TICKS if self.ticked else RIGHT

    # Painting.

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        lane = self._lane
        lane.renew()
        painter = QPainter(self)
        try:
            palette = theme.current()
            area = lane.area()
            whole = event.rect().left() < area.left()
            if lane.rescaled() and not whole:
                self.update()  # this very paint made the picture: the axis beside it is still that of the last one
            if whole:
                painter.fillRect(self.rect(), palette.colour("panel"))
            painter.fillRect(area, palette.colour("ground"))
            if not lane.trouble:
                self._paint_data(painter, area)
                if whole and self.ticked:
                    folded = lane.header.is_folded()
                    paint_ticks(painter, area, lane.folded_ticks() if folded else lane.ticks(area))
            if self.hasFocus() and self._by_key:
                painter.setPen(palette.colour("accent"))
                painter.drawRect(area.adjusted(-0.5, -0.5, -0.5, -0.5))
        finally:
            painter.end()

    def _paint_data(self, painter: QPainter, area: QRectF) -> None:
        painter.save()
        try:
            painter.setClipRect(area)
            self._lane.paint(painter, area)
            self._paint_padding(painter, area)
            self._paint_selection(painter, area)
            self._lane.paint_over(painter, area)
            for box in self._lane.veils(area):
                painter.fillRect(box, theme.current().colour("ground", VEIL))
            if self.ticked:
                self._lane.paint_names(painter)
            self._paint_cursor(painter, area)
        finally:
            painter.restore()
        if self.pointer is not None and area.contains(self.pointer) and self._mode != "pan":
            self._paint_reading(painter, area)

    def _paint_padding(self, painter: QPainter, area: QRectF) -> None:
        padding = self._lane.padding()
        if padding is None:
            return
        axis, palette = self._lane.axis(), theme.current()
        box = QRectF(axis.x(padding.start), area.top(), padding.seconds / axis.step, area.height())
        painter.fillRect(box, palette.colour("ground", 0.4))
        painter.fillRect(box, QBrush(palette.colour("faint"), Qt.BrushStyle.BDiagPattern))
        painter.fillRect(QRectF(box.left(), area.top(), 1, area.height()), palette.colour("muted"))

    def _paint_selection(self, painter: QPainter, area: QRectF) -> None:
        selection = self._lane.session.state.selection
        if selection is None:
            return
        axis, palette = self._lane.axis(), theme.current()
        box = QRectF(axis.x(selection.start), area.top(), selection.seconds / axis.step, area.height())
        painter.fillRect(box, palette.colour("accent", 0.16))
        for x in (box.left(), box.right()):
            painter.fillRect(QRectF(x - 0.5, area.top(), 1, area.height()), palette.colour("accent", 0.7))

    def _paint_cursor(self, painter: QPainter, area: QRectF) -> None:
        if self._lane.runs:
            return
        x = round(self._lane.axis().x(self._lane.session.state.cursor.time))
        if not area.left() - 2 <= x <= area.right() + 2:
            return
        palette = theme.current()
        # Opaque on purpose: Qt blends such a narrow strip pixel by pixel, in half a millisecond.
        painter.fillRect(QRectF(x - 1, area.top(), 3, area.height()), palette.colour("ground"))
        painter.fillRect(QRectF(x, area.top(), 1, area.height()), palette.colour("accent"))

    def _paint_reading(self, painter: QPainter, area: QRectF) -> None:
        pointer = self.pointer
        if pointer is None or any(box.contains(pointer) for box in self._lane.veils(area)):
            return
        found = self._lane.read(pointer)
        if found is None:
            return
        palette, face = theme.current(), theme.font(theme.SMALL)
        metrics = QFontMetricsF(face)
        width = metrics.horizontalAdvance(found.text) + 12
        box = QRectF(0, 0, width, metrics.height() + 4)
        # Beside the pointer, on the side where there is room.
        right = pointer.x() + 12 + width <= area.right()
        box.moveLeft(pointer.x() + 12 if right else max(area.left(), pointer.x() - 12 - width))
        box.moveTop(min(max(pointer.y() - box.height() - 4, area.top() + 1), area.bottom() - box.height() - 1))
        painter.setPen(palette.colour("line"))
        painter.setBrush(palette.colour("raised", 0.94))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawRoundedRect(box, 3, 3)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(palette.colour("text"))
        painter.setFont(face)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, found.text)

    # Mouse.

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return super().mousePressEvent(event)
        self._press = event.position()
        self._start = self._lane.session.state.view.start
        self._mode = "lane" if self._lane.pressed(event) else "click"
        return None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.pointer = event.position()
        if self._press is None:
            self._lane.hovered(event)
            self._lane.point(self.pointer)
        else:
            self._drag(event)
        self.update()

    def _drag(self, event: QMouseEvent) -> None:
        lane, at = self._lane, event.position()
        if self._press is None:
            return
        if self._mode == "click" and (at - self._press).manhattanLength() >= _CLICK:
            self._mode = "select" if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else "pan"
        axis = lane.axis()
        if self._mode == "lane":
            lane.dragged(event)
        elif self._mode == "select":
            lane.select(axis.time(self._press.x()), axis.time(at.x()))
        elif self._mode == "pan":
            lane.pan_to(self._start - (at.x() - self._press.x()) * axis.step)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        mode, self._mode = self._mode, ""
        self._press = None
        if mode == "lane":
            self._lane.released(event)
        elif mode == "click":
            if not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                self._lane.session.set("selection", None)
            self._lane.clicked(event.position())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._lane.double_clicked(event.position())

    def leaveEvent(self, event: QEvent) -> None:
        self.pointer = None
        self._lane.point(None)
        self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        delta, lane = event.angleDelta(), self._lane
        sideways = delta.x() or (delta.y() if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 0)
        if sideways:
            view = lane.session.state.view
            lane.pan_to(view.start - sideways / 1200 * view.seconds)
        elif delta.y():
            lane.zoom(0.8 ** (delta.y() / 120), lane.axis().time(event.position().x()))
        event.accept()

    # Keys.

    def keyPressEvent(self, event: QKeyEvent) -> None:
        lane, key = self._lane, event.key()
        cursor = lane.session.state.cursor.time
        step = 1.0 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else lane.frame_seconds()
        if lane.key(event):
            return
        if key == Qt.Key.Key_Left:
            lane.move_cursor(cursor - step)
        elif key == Qt.Key.Key_Right:
            lane.move_cursor(cursor + step)
        elif key == Qt.Key.Key_Home:
            lane.move_cursor(0.0)
        elif key == Qt.Key.Key_End:
            lane.move_cursor(lane.length())
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            lane.zoom(0.7, cursor)
        elif key in (Qt.Key.Key_Minus, Qt.Key.Key_Underscore):
            lane.zoom(1 / 0.7, cursor)
        elif key == Qt.Key.Key_0:
            lane.show_all()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        # A ring helps those who came here by key; to those who clicked it is noise.
        self._by_key = event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.update()


def paint_ticks(painter: QPainter, area: QRectF, ticks: list[Tick]) -> None:
    """Marks and their texts left of the plot; one that would touch the one before it is left out."""
    palette = theme.current()
    taken: list[tuple[float, float]] = []
    for tick in sorted(ticks, key=lambda each: not each.strong):
        face = theme.font(theme.TEXT if tick.strong else theme.SMALL - 1, tick.strong)
        height = QFontMetricsF(face).capHeight() + 4
        y = area.top() + tick.at * area.height()
        top = min(max(y - height / 2, area.top()), max(area.bottom() - height, area.top()))
        if any(top < other[1] and other[0] < top + height for other in taken):
            continue
        taken.append((top, top + height))
        painter.setFont(face)
        painter.setPen(palette.colour("text" if tick.strong else "muted"))
        box = QRectF(0, top - 6, area.left() - 6, height + 12)
        text = QFontMetricsF(face).elidedText(tick.text, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
        if tick.mark and not tick.strong:
            mark = QRectF(area.left() - 4, min(round(y), area.bottom() - 1), 3, 1)
            painter.fillRect(mark, palette.colour("faint"))


def paint_pointer(painter: QPainter, x: float, top: float, colour: str = "accent") -> None:
    """A small triangle that points down at x: the head of the cursor."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.current().colour(colour))
    painter.drawPolygon(QPolygonF([QPointF(x - 4, top), QPointF(x + 5, top), QPointF(x + 0.5, top + 6)]))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
