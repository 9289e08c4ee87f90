"""The chances of every note at one step of a melody: as the network tells them, and as they are drawn from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from widgets import theme
from widgets.panels.words import say
from widgets.view import View as Base
from widgets.view import guarded

if TYPE_CHECKING:
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QMouseEvent, QPaintEvent

    from engine.events import Composed
    from engine.session import Session

TITLE = "Chances"
LANE = False
ORDER = 43
_NONE = "Let the network make a melody: here stands, for each of its notes, how probable every note was."
_ABOUT = (
    "<p><b>Chances</b></p><p>For the note at the cursor: a grey bar for each candidate, as probable as the "
    "network finds it, and a coloured one, as probable as it is drawn with the temperature, top-k, top-p and "
    "scale of now. Turn them: the bars follow at once. The note that was drawn is marked.</p><p>Click another "
    "one, and the notes up to here with that one are given: let the network go on from them (Ctrl+G).</p>"
)
_NAME, _NUMBER = 32, 52


class View(Base):
    """Follows the cursor over the melody that is shown, and the sampling knobs."""

    TITLE = TITLE

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.head, self.about = QLabel(), QLabel()
        self.head.setTextFormat(Qt.TextFormat.PlainText)
        self.about.setTextFormat(Qt.TextFormat.RichText)
        for label in (self.head, self.about):
            label.setWordWrap(True)
        self.bars = Bars()
        self.bars.picked.connect(self._pick)
        self.setWhatsThis(_ABOUT)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GRID, theme.GRID, theme.GRID, theme.GRID)
        column.setSpacing(theme.GRID // 2)
        column.addWidget(self.head)
        column.addWidget(self.about)
        column.addWidget(self.bars, 1)
        self.watch("melodies", "clip", "network", "cursor", "composing", "transport")

    def sizeHint(self) -> QSize:
        return QSize(30 * theme.GRID, 46 * theme.GRID)

    def minimumSizeHint(self) -> QSize:
        return QSize(24 * theme.GRID, 20 * theme.GRID)

    def refresh(self) -> None:
        state = self.session.state
        melody = None if state.transport.live else state.melody
        for part in (self.head, self.about, self.bars):
            part.setVisible(melody is not None)
        if melody is None:
            self.bars.show_chances((), np.zeros(0), np.zeros(0), 0)
            self.say(_NONE, "generate")
            return
        self.say("")
        place = melody.at(state.cursor.time)
        now = state.composing or melody.settings
        told, drawn = _odds(melody.logits[place]), now.chances(melody.logits[place])  # type: ignore[attr-defined]
        note, whose = melody.notes[place], "given" if place < melody.given else "drawn"
        say(self.head, f"Note {place + 1} of {len(melody.notes)}: {melody.names[note]}, {whose}", "")
        self.about.setText(_words(melody, int(np.count_nonzero(drawn)), now))
        rows = np.flatnonzero(np.isfinite(melody.logits[place]))[::-1]  # the highest at the top
        names = tuple(melody.names[each] for each in rows)
        self.bars.show_chances(names, told[rows], drawn[rows], int(np.flatnonzero(rows == note)[0]))

    def repaint_later(self) -> None:
        """Nothing: the bars paint themselves anew."""

    def _pick(self, name: str) -> None:
        """The melody up to the cursor, and another note, are what the next one begins with."""
        state = self.session.state
        if (melody := state.melody) is not None:
            before = melody.notes[: melody.at(state.cursor.time)]
            self.session.set("opening", (*before, melody.names.index(name)))


class Bars(QWidget):
    """A row for each candidate [C]: what the network tells, what is drawn from, and which was chosen.

    `picked(name)` tells of a click.
    """

    picked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.names: tuple[str, ...] = ()
        self.told, self.drawn = np.zeros(0), np.zeros(0)
        self.chosen = 0
        self._pointer: QPointF | None = None
        self.setMouseTracking(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName("Chances of the notes")

    def show_chances(self, names: tuple[str, ...], told: np.ndarray, drawn: np.ndarray, chosen: int) -> None:
        """Shares [C] from 0 to 1, from the top row down."""
        self.names, self.told, self.drawn, self.chosen = names, told, drawn, chosen
        self.setAccessibleDescription("; ".join(self.words(row) for row in range(len(names))))
        self.update()

    def words(self, row: int) -> str:
        """Both numbers of a row."""
        drawn = f"drawn {100 * self.drawn[row]:.1f} %" if self.drawn[row] else "never drawn"
        return f"{self.names[row]}: told {100 * self.told[row]:.1f} %, {drawn}"

    def row_at(self, point: QPointF) -> int | None:
        row = int(point.y() // self._height) if self.names and point.y() >= 0 else -1
        return row if 0 <= row < len(self.names) else None

    @property
    def _height(self) -> float:
        return min(self.height() / max(len(self.names), 1), 28.0)

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        try:
            self._paint(painter)
        finally:
            painter.end()

    def _paint(self, painter: QPainter) -> None:
        hovered = self.row_at(self._pointer) if self._pointer is not None else None
        for row in range(len(self.names)):
            self._paint_row(painter, row, row == hovered)
        if hovered is not None:
            self._paint_words(painter, hovered)

    def _paint_row(self, painter: QPainter, row: int, hovered: bool) -> None:
        palette, height = theme.current(), self._height
        box = QRectF(0, row * height, self.width(), height)
        chosen = row == self.chosen
        if chosen or hovered:
            painter.fillRect(box, palette.colour("raised"))
        if chosen:
            painter.fillRect(QRectF(0, box.top(), 3, height), palette.colour("accent"))
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setFont(theme.font(theme.SMALL, bold=chosen))
        painter.setPen(palette.colour("text" if chosen or self.drawn[row] else "faint"))
        painter.drawText(box.adjusted(8, 0, 0, 0), middle, self.names[row])
        room = QRectF(_NAME, box.top() + 2, max(box.width() - _NAME - _NUMBER, 8.0), height - 4)
        half = room.height() / 2
        painter.fillRect(QRectF(room.left(), room.bottom(), room.width(), 1), palette.colour("grid"))
        for top, share, ink in ((0.0, self.told[row], "under"), (half, self.drawn[row], "accent")):
            width = max(room.width() * float(share), 1.0) if share else 0.0
            painter.fillRect(QRectF(room.left(), room.top() + top, width, max(half - 1, 1.0)), palette.colour(ink))
        painter.setPen(palette.colour("text" if self.drawn[row] else "faint"))
        number = f"{100 * self.drawn[row]:.1f} %" if self.drawn[row] else "never"
        painter.drawText(box.adjusted(0, 0, -4, 0), middle | Qt.AlignmentFlag.AlignRight, number)

    def _paint_words(self, painter: QPainter, row: int) -> None:
        """The numbers of the row under the pointer, beside it."""
        palette = theme.current()
        painter.setFont(theme.font(theme.SMALL))
        words = self.words(row)
        width = painter.fontMetrics().horizontalAdvance(words) + 12
        below = (row + 1) * self._height + 2
        top = below if below + 20 < self.height() else below - self._height - 26
        box = QRectF(max(self.width() - width - 2, 0), top, width, 20)
        painter.setPen(palette.colour("line"))
        painter.setBrush(palette.colour("raised"))
        painter.drawRect(box)
        painter.setPen(palette.colour("text"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._pointer = event.position()
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        row = self.row_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and row is not None:
            self.picked.emit(self.names[row])

    def leaveEvent(self, event: QEvent) -> None:
        self._pointer = None
        self.update()


def _odds(logits: np.ndarray) -> np.ndarray:
    """The softmax of logits [C]."""
    odds = np.exp(logits - logits.max())
    found: np.ndarray = odds / odds.sum()
    return found


def _words(melody: Composed, left: int, now: object) -> str:
    """The legend, and how many notes can be drawn."""
    palette = theme.current()
    many = "the likeliest is taken" if getattr(now, "temperature", 1.0) == 0 else f"{left} can be drawn"
    return (
        f"<span style='color:{palette.under}'>■</span> told by {melody.network.name}<br>"
        f"<span style='color:{palette.accent}'>■</span> drawn from: {many}"
    )
