"""The Learn panel: the map of the lessons, or the page of one with the cards of its steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from engine.lessons.lesson import Learning, Pair, Place
from widgets.panels.beside import Beside
from widgets.panels.lessonmap import LessonMap
from widgets.panels.step import StepCard
from widgets.prose import Prose

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent, QShowEvent

    from engine.lessons.lesson import Page, Text
    from engine.session import Session

MEASURE = 640
"""Pixels that a line of the page is wide at most: longer ones are hard to follow."""


class LearnPanel(QWidget):
    """Shows `session.learning`; what is asked for by its buttons and links is told by signals."""

    opened = Signal(int)
    arranged = Signal(str)
    checked = Signal(str)
    heard = Signal(object)
    linked = Signal(str, str)
    closed = Signal()
    """The note is to go."""
    seen = Signal()
    """The panel is on the screen."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._dirty = True
        self._page: Page | None = None
        self._note: Text | None = None
        self._noted: Prose | None = None
        self.cards: dict[str, StepCard] = {}
        self.pairs: dict[str, Beside] = {}
        self._prose: list[Prose] = []
        self._end = session.on("learning", self.mark)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._bar())
        self._stack = QStackedWidget()
        self.map = LessonMap()
        self.map.opened.connect(self.opened)
        self._stack.addWidget(_scrolling(self.map))
        self._waiting = QLabel("The lessons are being opened …")
        self._waiting.setProperty("role", "muted")
        self._waiting.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column.addWidget(self._waiting, 1)
        self._stack.hide()
        self._area = _scrolling(QWidget())
        self._stack.addWidget(self._area)
        column.addWidget(self._stack, 1)
        column.addWidget(self._note_box())
        self._words()

    def sizeHint(self) -> QSize:
        return QSize(480, 640)

    def minimumSizeHint(self) -> QSize:
        return QSize(360, 240)

    def mark(self) -> None:
        self._dirty = True

    def tick(self) -> None:
        """Bring the panel up to date where it can be seen."""
        if self._dirty and self.isVisible():
            self._dirty = False
            self._refresh(self.session.state.learning or Learning())

    def dress(self) -> None:
        """After a change of theme."""
        for prose in (*self._prose, *([self._noted] if self._noted else [])):
            prose.dress()
        for card in self.cards.values():
            card.dress()
        for pair in self.pairs.values():
            pair.dress()
        self.map.update()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.seen.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self._note is not None:
            self.closed.emit()
        else:
            super().keyPressEvent(event)

    def show_map(self) -> None:
        """The map instead of the page; again, the page instead of the map."""
        to_map = self._stack.currentIndex() == 1 or self._page is None
        self._stack.setCurrentIndex(0 if to_map else 1)
        self._words()

    def _refresh(self, learning: Learning) -> None:
        self.map.show_learning(learning)
        self._waiting.setVisible(not learning.lessons)
        self._stack.setVisible(bool(learning.lessons))
        if learning.page is not self._page:
            self._page = learning.page
            self._fill(learning)
            self._stack.setCurrentIndex(1 if learning.page is not None else 0)
        if learning.page is not None:
            lesson = learning.page.lesson
            for name, card in self.cards.items():
                done = (lesson.number, name) in learning.done
                card.show_state(learning.outcomes.get(name), done, learning.running == name)
        if learning.note is not self._note:
            self._note = learning.note
            self._show_note()
        self._words()

    def _words(self) -> None:
        """The bar's words and what of it can be pressed."""
        learning = self.session.state.learning or Learning()
        number, last = (self._page.lesson.number if self._page else 0), len(learning.lessons)
        on_map = self._stack.currentIndex() == 0
        self._title.setText("Lessons" if on_map or not number else f"Lesson {number} of {last}")
        self._map.setText("Page" if on_map and self._page is not None else "Map")
        self._map.setEnabled(self._page is not None)
        self._back.setEnabled(number > 1)
        self._on.setEnabled(number < last)

    def _fill(self, learning: Learning) -> None:
        """The page: prose, pairs and cards in one column."""
        for card in self.cards.values():
            card.deleteLater()
        self.cards, self.pairs, self._prose = {}, {}, []
        inside = QWidget()
        row = QHBoxLayout(inside)
        row.setContentsMargins(20, 16, 20, 24)
        held = QWidget()
        held.setMaximumWidth(MEASURE)
        column = QVBoxLayout(held)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        for part in learning.page.parts if learning.page is not None else ():
            column.addWidget(self._part(part, learning))
        column.addStretch(1)
        row.addWidget(held, 1)
        self._area.setWidget(inside)

    def _part(self, part: Text | Place | Pair, learning: Learning) -> QWidget:
        if isinstance(part, Place):
            return self._card(part, learning)
        if isinstance(part, Pair):
            self.pairs[part.name] = Beside(part)
            return self.pairs[part.name]
        return self._text(part)

    def _card(self, place: Place, learning: Learning) -> StepCard:
        assert learning.page is not None
        card = StepCard(learning.page.lesson.step(place.step), len(self.cards) + 1)
        card.arranged.connect(self.arranged)
        card.checked.connect(self.checked)
        card.heard.connect(self.heard)
        self.cards[place.step] = card
        return card

    def _text(self, text: Text) -> Prose:
        made = Prose(text)
        made.linked.connect(self.linked)
        self._prose.append(made)
        return made

    def _bar(self) -> QWidget:
        bar = QFrame()
        bar.setProperty("role", "bar")
        row = QHBoxLayout(bar)
        row.setContentsMargins(8, 6, 8, 6)
        row.setSpacing(8)
        self._back, self._map, self._on = QPushButton("Previous"), QPushButton("Map"), QPushButton("Next")
        self._title = QLabel()
        self._title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._back.clicked.connect(lambda: self._turn(-1))
        self._on.clicked.connect(lambda: self._turn(1))
        self._map.clicked.connect(self.show_map)
        for button, tip in (
            (self._back, "The lesson before this one"),
            (self._map, "All lessons, what each needs, and how far you are"),
            (self._on, "The lesson after this one"),
        ):
            button.setToolTip(tip)
            button.setWhatsThis(tip)
        for part, share in ((self._back, 0), (self._title, 1), (self._map, 0), (self._on, 0)):
            row.addWidget(part, share)
        return bar

    def _turn(self, by: int) -> None:
        self.opened.emit((self._page.lesson.number if self._page is not None else 0) + by)

    def _note_box(self) -> QWidget:
        """Below the page: the entry of the glossary, the line of code or the numbers that a link has asked for."""
        self._box = QFrame()
        self._box.setProperty("role", "note")
        self._box.hide()
        column = QVBoxLayout(self._box)
        column.setContentsMargins(20, 8, 8, 12)
        column.setSpacing(4)
        head = QHBoxLayout()
        head.addStretch(1)
        close = QPushButton("Close")
        close.setToolTip("Take this note away (Esc)")
        close.clicked.connect(self.closed)
        head.addWidget(close)
        column.addLayout(head)
        self._notes = _scrolling(QWidget())
        column.addWidget(self._notes, 1)
        return self._box

    def _show_note(self) -> None:
        self._noted = None
        self._box.setVisible(self._note is not None)
        if self._note is not None:
            self._noted = Prose(self._note)
            self._noted.linked.connect(self.linked)
            self._notes.setWidget(self._noted)
            self._box.setFixedHeight(min(260, max(120, self.height() // 3)))


def _scrolling(inside: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(inside)
    return area
