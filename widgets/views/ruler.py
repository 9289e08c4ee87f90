"""The ruler on top of all lanes: time in round steps, and the labels of the clip."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QKeyEvent, QPainter

from engine.session import Span
from widgets import axis, relabel, theme
from widgets.canvas import paint_pointer
from widgets.labelling import Labelling
from widgets.labels import paint_labels
from widgets.lane import Lane, Reading, Tick

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from PySide6.QtCore import QObject, QPointF
    from PySide6.QtGui import QMouseEvent
    from PySide6.QtWidgets import QWidget

    from engine.clip import Label
    from engine.session import Session

TITLE = "Time"
LANE = True
ORDER = 0
_SCALE, _ROW = 22, 18
_NEAR = 4
_MOST = 6  # tiers
_EMPTY = "nothing is named here yet: a double click begins"


class View(Lane):
    """Fixed in height; a drag along the seconds scrubs; labels are selected by a click, and changed here."""

    written = Signal(object)
    """A label whose text is being typed; `left` when it is no more."""
    left = Signal()
    TITLE = TITLE
    WEIGHT = 0
    WATCHED = ("view", "clip", "network")
    VEILED = False
    ABOUT = (
        "The time that all lanes share, in seconds: drag along them to scrub, which lets you hear each moment. "
        "Below them, what was truly said; a click on a label selects it. Drag where one begins or ends to move "
        "that; a double click changes its text, and an empty one takes it away. A double click beside labels "
        "makes a new one, also in the empty row of what the network names. By keys: F2 names what is selected or "
        "at the cursor, Shift+F2 cuts it in two."
    )

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.header.set_plain()
        self._tiers: list[tuple[str, list[Label]]] = []
        self._hatched: Span | None = None
        self._drag = relabel.Drag(session)
        self.labelling = Labelling(session, self._write)
        self._grip: QPointF | None = None
        self.canvas.installEventFilter(self)
        session.on("traced", self._traced)
        self.refresh()

    def _traced(self) -> None:
        """Of an inspection the ruler shows where it is padded, and nothing else."""
        padding = self.padding()
        if padding != self._hatched:
            self._hatched = padding
            self.canvas.update()

    def refresh(self) -> None:
        for line in self.canvas.findChildren(relabel.Line):
            line.close_line()  # what it lies over is elsewhere now
        clip = self.session.state.clip
        labels = clip.labels if clip is not None and not self.live else ()
        labels = labels if self._drag.labels is None else self._drag.labels
        names = self.labelling.tiers()[:_MOST] if labels else ()
        self._tiers = [(name, [label for label in labels if label.tier == name]) for name in names]
        self.setFixedHeight(_SCALE + 2 + _ROW * max(1, len(self._tiers)))
        self.header.set_badge(self._words())

    def _words(self) -> str:
        state = self.session.state
        if self.live:
            return "frozen" if state.transport.frozen else "live"
        if state.clip is None:
            return ""
        spoken = f", {state.clip.language}" if state.clip.language else ""
        return f"{axis.clock(state.clip.seconds, 2)}, {state.clip.rate / 1000:g} kHz{spoken}"

    def paint(self, painter: QPainter, area: QRectF) -> None:
        line, palette, face = self.axis(), theme.current(), theme.font(theme.SMALL)
        painter.setFont(face)
        decimals = line.decimals()
        for time in line.ticks():
            if time < 0:  # before a live stream began
                continue
            x = round(line.x(time))
            painter.fillRect(QRectF(x, area.top(), 1, _SCALE), palette.colour("line"))
            painter.setPen(palette.colour("muted"))
            width = QFontMetricsF(face).horizontalAdvance(axis.clock(time, decimals))
            if x + 4 + width < area.right():
                box = QRectF(x + 4, area.top(), 120, _SCALE - 2)
                painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, axis.clock(time, decimals))
        for index, (_, labels) in enumerate(self._tiers):
            row = QRectF(area.left(), area.top() + _SCALE + index * _ROW, area.width(), _ROW)
            paint_labels(painter, row, [(label, "plain") for label in labels], line, lambda time: time)
            if not labels:
                painter.setPen(palette.colour("muted"))
                painter.drawText(row.adjusted(4, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, _EMPTY)

    def paint_over(self, painter: QPainter, area: QRectF) -> None:
        if self.runs:
            return
        x = self.axis().x(self.session.state.cursor.time)
        if area.left() - 1 <= x <= area.right() + 1:
            paint_pointer(painter, round(x), area.top())

    def scale(self) -> object:
        return tuple(name for name, _ in self._tiers)

    def ticks(self, area: QRectF) -> list[Tick]:
        height = area.height()
        return [
            Tick((_SCALE + (index + 0.5) * _ROW) / height, name) for index, (name, _) in enumerate(self._tiers)
        ]

    def _label_at(self, point: QPointF) -> Label | None:
        index, time = self._row(point), self.axis().time(point.x())
        if index is None:
            return None
        return next((label for label in self._tiers[index][1] if label.start <= time < label.end), None)

    def _row(self, point: QPointF) -> int | None:
        """Which of the tiers lies there."""
        index = int((point.y() - _SCALE) // _ROW)
        return index if 0 <= index < len(self._tiers) else None

    def read(self, point: QPointF) -> Reading | None:
        time = self.axis().time(point.x())
        label = self._label_at(point)
        words = f"{label.tier} {label.text}   {axis.clock(time)}" if label is not None else axis.clock(time)
        return Reading(time, words)

    def _boundary_at(self, point: QPointF) -> tuple[str, float] | None:
        """The tier and the seconds of the end of a label under the pointer."""
        index, line, clip = self._row(point), self.axis(), self.session.state.clip
        if clip is None or index is None:
            return None
        tier = self._tiers[index][0]
        edge = relabel.boundary(clip.labels, tier, line.time(point.x()), _NEAR * line.step)
        return None if edge is None else (tier, edge)

    def hovered(self, event: QMouseEvent) -> None:
        grips = self._boundary_at(event.position()) is not None
        self.canvas.setCursor(Qt.CursorShape.SplitHCursor if grips else Qt.CursorShape.ArrowCursor)

    def pressed(self, event: QMouseEvent) -> bool:
        """On the seconds: the cursor goes along with the mouse, and each moment is heard. Below: labels' ends."""
        found = None if event.modifiers() else self._boundary_at(event.position())
        if found is not None:
            self._grip = event.position()
            self._drag.press(*found)
            return True
        mine = event.position().y() < _SCALE and not event.modifiers() and not self.live and bool(self.length())
        if mine:
            self.session.set("selection", None)
            self._scrub(True)
            self.dragged(event)
        return mine

    def dragged(self, event: QMouseEvent) -> None:
        line, x = self.axis(), event.position().x()
        if self._grip is None:
            self.move_cursor(line.time(x))
        else:
            self._drag.move((x - self._grip.x()) * line.step)
            self.mark()

    def released(self, event: QMouseEvent) -> None:
        grip, self._grip = self._grip, None
        if grip is None:
            self._scrub(False)
        elif self._drag.release():
            self.mark()
        elif grip == event.position():  # a click that was near
            self.clicked(grip)

    def key(self, event: QKeyEvent) -> bool:
        """Escape takes a drag back."""
        if event.key() != Qt.Key.Key_Escape or self._drag.labels is None:
            return False
        self._drag.cancel()
        self.mark()
        return True

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        drags = self._drag.labels is not None and event.type() == QEvent.Type.ShortcutOverride
        if drags and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            event.accept()  # else it would be the window's
            return True
        return super().eventFilter(watched, event)

    def _scrub(self, on: bool) -> None:
        self.session.set("transport", replace(self.session.state.transport, scrubbing=on))

    def clicked(self, point: QPointF) -> None:
        super().clicked(point)
        self._choose(point)
        label = self._label_at(point)
        if label is not None:
            self.session.set("selection", Span(label.start, label.end))

    def _choose(self, point: QPointF) -> None:
        """The tier that lies there is worked in from now on."""
        row = self._row(point)
        if row is not None:
            self.labelling.choose(self._tiers[row][0])

    def double_clicked(self, point: QPointF) -> None:
        """Below the seconds, a line to type in: over the label, or over what lies between two."""
        clip, time = self.session.state.clip, self.axis().time(point.x())
        if point.y() < _SCALE or clip is None or self.live or not 0 <= time < clip.seconds:
            super().double_clicked(point)
            return
        self._choose(point)
        label = self._label_at(point)
        if label is not None:
            self._write(label, lambda text: relabel.rename(self.session, label, text))
        else:
            self.labelling.begin(*relabel.gap(clip.labels, self.labelling.tier, time, clip.seconds))

    def _write(self, label: Label, take: Callable[[str], Any]) -> None:
        area, axis_ = self.area(), self.axis()
        left, right = max(area.left(), axis_.x(label.start)), min(area.right(), axis_.x(label.end))
        row = next((k for k, (name, _) in enumerate(self._tiers) if name == label.tier), 0)
        box = QRect(int(left), int(area.top() + _SCALE + row * _ROW), max(0, int(right - left)), _ROW)
        line = relabel.Line(label.text, box, self.canvas, take)
        self.written.emit(label)
        line.destroyed.connect(self.left)
