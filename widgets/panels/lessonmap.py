"""The map of the lessons: which there are, which others each stands on, and how far one has come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QPushButton, QSizePolicy, QVBoxLayout, QWidget

from widgets import theme

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

    from engine.lessons.lesson import Learning, Lesson

ROW = 56
_RAIL = 72
_DOT = 11.0


class LessonMap(QWidget):
    """`opened(number)` when a lesson is chosen. Arcs on the left join each lesson to those that it needs."""

    opened = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._learning: Learning | None = None
        self._rows: list[LessonRow] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(_RAIL, 8, 8, 8)
        self._column.setSpacing(0)
        self.setAccessibleName("Map of the lessons")

    def show_learning(self, learning: Learning) -> None:
        """Draw the lessons as they stand."""
        self._learning = learning
        for lesson in learning.lessons[len(self._rows) :]:
            row = LessonRow(lesson)
            row.clicked.connect(lambda _=False, number=lesson.number: self.opened.emit(number))
            self._rows.append(row)
            self._column.addWidget(row)
        for row in self._rows:
            row.show_learning(learning)
        self.update()

    def event(self, event: QEvent) -> bool:
        """Where rows come to lie elsewhere, so do the dots beside them."""
        if event.type() in (QEvent.Type.LayoutRequest, QEvent.Type.Resize):
            self.update()
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        learning, colours = self._learning, theme.current()
        if learning is None:
            return
        places = {row.lesson.number: QPointF(_RAIL - 20.0, row.geometry().center().y()) for row in self._rows}
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for row in self._rows:
            for needed in row.lesson.needs:
                self._arc(painter, places[needed], places[row.lesson.number])
        for row in self._rows:
            self._dot(painter, places[row.lesson.number], str(row.lesson.number), learning.is_done(row.lesson))
        painter.setPen(QPen(colours.colour("line")))
        painter.end()

    def _arc(self, painter: QPainter, start: QPointF, stop: QPointF) -> None:
        """The further, the wider."""
        reach = min(40.0, 10.0 * (stop.y() - start.y()) / ROW)
        path = QPainterPath(start)
        path.cubicTo(start - QPointF(reach * 1.3, -8.0), stop - QPointF(reach * 1.3, 8.0), stop)
        painter.setPen(QPen(theme.current().colour("faint"), 1.4))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(path)

    def _dot(self, painter: QPainter, at: QPointF, words: str, done: bool) -> None:
        colours = theme.current()
        painter.setPen(QPen(colours.colour("good" if done else "faint"), 1.6))
        painter.setBrush(colours.colour("good" if done else "panel"))
        painter.drawEllipse(at, _DOT, _DOT)
        painter.setPen(colours.colour("panel" if done else "text"))
        painter.setFont(theme.font(theme.SMALL, bold=True))
        box = QRectF(at.x() - _DOT, at.y() - _DOT, 2 * _DOT, 2 * _DOT)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)


class LessonRow(QPushButton):
    """One lesson: its title, what it is about, and how many of its steps are done."""

    def __init__(self, lesson: Lesson) -> None:
        super().__init__()
        self.lesson = lesson
        self._state = ""
        self.setProperty("role", "row")
        self.setFixedHeight(ROW)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_learning(self, learning: Learning) -> None:
        steps, number = self.lesson.steps, self.lesson.number
        passed = sum((number, step.name) in learning.done for step in steps)
        needs = ", ".join(map(str, self.lesson.needs))
        self._state = "done" if passed == len(steps) else f"{passed} of {len(steps)}"
        after = f", after {needs}" if needs else ""
        self.setAccessibleName(f"Lesson {number}, {self.lesson.title}: {self._state}{after}")
        self.setToolTip(f"{self.lesson.about}{f' (after {needs})' if needs else ''}")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(240, ROW)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        colours, painter = theme.current(), QPainter(self)
        right = theme.font(theme.TEXT)
        painter.setFont(right)
        wide = painter.fontMetrics().horizontalAdvance(self._state) + 12
        painter.setPen(colours.colour("good" if self._state == "done" else "muted"))
        box = QRectF(self.rect()).adjusted(8, 8, -8, -8)
        painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self._state)
        room, face, small = box.width() - wide, theme.font(13, bold=True), theme.font(theme.TEXT)
        painter.setPen(colours.colour("text"))
        painter.setFont(face)
        painter.drawText(QPointF(box.left(), box.top() + 15), theme.elided(self.lesson.title, room, face))
        painter.setPen(colours.colour("muted"))
        painter.setFont(small)
        painter.drawText(QPointF(box.left(), box.top() + 34), theme.elided(self.lesson.about, room, small))
        painter.end()
