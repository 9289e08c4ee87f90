"""A column of text that grows at its end: what is new is in sight, and what was before can be scrolled back to."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRect, QRectF, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QPushButton, QScrollBar, QWidget

from widgets import theme
from widgets.flow import Flow
from widgets.view import guarded

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from PySide6.QtGui import QKeyEvent, QMouseEvent, QPaintEvent, QResizeEvent, QWheelEvent

    from widgets.flow import Look, Piece, Spot

_PAGE = 0.85
"""Of the height, what a page is."""


class Reader(QWidget):
    """Follows the end, unless it was scrolled back: then the text stands still, whatever comes, and `now` leads to
    the end again. At the end, rows never move down: where tentative words go, their row stays free.
    """

    scrolled = Signal()
    taken = Signal(object)
    """A Spot: a word that was double-clicked."""

    def __init__(self, pieces: Callable[[Any], Sequence[Piece]], barred: bool = True) -> None:
        super().__init__()
        self.flow = Flow(pieces)
        self.margin = float(theme.GRID)
        """Pixels around the text."""
        self.follows = True
        """Whether the end is what one comes back to."""
        self.letters = 0
        """The most letters in a row, roughly; 0: as many as there is room for."""
        self.whole = False
        """Whether rows of which only a part has room are left out."""
        self.ground: str | None = None
        """The colour behind; None: the theme's."""
        self._anchor: tuple[int, float] | None = None
        """A paragraph, and how far below its top the bottom of what is seen lies; None at the end."""
        self._free = 0.0
        self._shown: dict[int, tuple[Any, float]] = {}
        self._dressed: Look | None = None
        self.bar = QScrollBar(Qt.Orientation.Vertical, self)
        self.bar.setAccessibleName("Scroll the text")
        self.bar.valueChanged.connect(self._dragged)
        self.bar.setVisible(barred)
        self._barred = barred
        self.now = QPushButton("\N{DOWNWARDS ARROW}  Back to now", self)
        self.now.setToolTip("Follow what is being said again (End)")
        self.now.setAccessibleName("Back to now")
        self.now.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.now.clicked.connect(self.to_end)
        self.now.hide()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    # What is shown.

    def dress(self, look: Look) -> None:
        self._dressed, self._free = look, 0.0
        self.flow.dress(look)
        self._fit()

    def show_items(self, items: Sequence[Any]) -> None:
        """Show these paragraphs, the oldest first."""
        last = self.flow.count - 1
        before = self.flow.height(last) + self._free if last >= 0 and self._ready else 0.0
        first = self.flow.first
        self.flow.show(items)
        if not self._ready:
            return
        if len(items) < last or (last > 0 and len(items) > 1 and items[0] != first):
            self._free, self._anchor = 0.0, None
        elif last >= 0:
            grown = sum(self.flow.height(each) for each in range(last, len(items)))
            self._free = max(0.0, before - grown)
        self._settle(repaint=False)
        self.update(self._changed())

    def renew(self) -> None:
        """The items are the same, but their words are not."""
        self.flow.forget()
        self._shown = {}
        self.update()

    def text(self, last: int | None = None) -> str:
        """All that can be read here, a paragraph a line; or the `last` ones alone."""
        first = 0 if last is None else max(0, self.flow.count - last)
        lines = (self.flow.words(each) for each in range(first, self.flow.count))
        return "\n".join(" ".join(piece.shown for piece in line) for line in lines)

    def column(self) -> QRectF:
        """Where the text stands."""
        wide = self.width() - (self.bar.width() if self._barred else 0)
        box = QRectF(0, 0, wide, self.height()).adjusted(self.margin, self.margin, -self.margin, -self.margin)
        if self.letters and self._dressed is not None:
            most = self.letters * self.flow.letter
            if most < box.width():
                box = QRectF(box.center().x() - most / 2, box.top(), most, box.height())
        return box

    def spots(self) -> list[tuple[int, float]]:
        """The paragraphs that can be seen, the lowest first, and the pixel at which each begins."""
        if not self.flow.count or not self._ready:
            return []
        box, found = self.column(), []
        if self._anchor is None:
            index, top = self.flow.count - 1, box.bottom() - self._free
            top -= self.flow.height(index) - self.flow.gap
        else:
            index, top = self._anchor[0], box.bottom() - self._anchor[1]
        while True:
            found.append((index, top))
            index -= 1
            if index < 0 or top <= 0:
                return found
            top -= self.flow.height(index)

    def at(self, point: QPointF) -> Spot | None:
        """The word at a point; its box in this widget's pixels."""
        left = self.column().left()
        for index, top in self.spots():
            if top <= point.y() < top + self.flow.height(index):
                spot = self.flow.hit(index, point - QPointF(left, top))
                return spot.moved(left, top) if spot is not None else None
        return None

    # Scrolling.

    @property
    def back(self) -> bool:
        """Whether one looks at what was before."""
        return self._anchor is not None

    def scroll_back(self, pixels: float) -> None:
        """Back by so many pixels; a negative number is towards the end."""
        if not self.flow.count or not self._ready:
            return
        last = self.flow.count - 1
        index, below = self._anchor or (last, self.flow.height(last) - self.flow.gap + self._free)
        self._anchor = index, below - pixels
        self._settle()
        self.scrolled.emit()

    def look_at(self, paragraph: int, piece: int = 0, share: float = 0.6) -> None:
        """Bring a word into sight, its row at a share of the height; where it is already, nothing moves."""
        box, height = self.flow.box(paragraph, piece), self.column().height()
        top = next((top + box.top() for index, top in self.spots() if index == paragraph), -1.0)
        if not self.column().top() <= top <= self.column().bottom() - 2 * self.flow.row:
            self._anchor = paragraph, box.top() + height * (1 - share)
            self._settle()

    def to_end(self) -> None:
        self._anchor = None
        self._settle()
        self.scrolled.emit()

    def page(self, pages: float) -> None:
        self.scroll_back(pages * _PAGE * self.column().height())

    @property
    def _ready(self) -> bool:
        return self._dressed is not None

    def _changed(self) -> QRect:
        """What has to be painted again: paragraphs that are others, or elsewhere. Large letters take time."""
        before, box = self._shown, self.rect()
        self._shown = {index: (self.flow.item(index), top) for index, top in self.spots()}
        if not before or before.keys() - self._shown.keys():
            return box  # what stands there is not known, or some of it goes
        other = [top for index, (item, top) in self._shown.items() if before.get(index) != (item, top)]
        return box.adjusted(0, max(0, math.floor(min(other))), 0, 0) if other else QRect()

    def _settle(self, repaint: bool = True) -> None:
        """Keep the anchor at a paragraph that is there, inside the text; show where that is."""
        if self._anchor is not None:
            index, below = self._anchor
            index = min(index, self.flow.count - 1)
            index, below = self._normal(index, below)
            index, below = self._normal(index, below + self._lack(index, below))
            last = self.flow.count - 1
            at_end = index >= last and below >= self.flow.height(last) - self.flow.gap - 0.5
            self._anchor = None if at_end else (index, below)
        self.now.setVisible(self.back and self.follows)
        self._place()
        self._show_bar()
        if repaint:
            self._shown = {}
            self.update()

    def _normal(self, index: int, below: float) -> tuple[int, float]:
        while below <= 0 and index > 0:
            index -= 1
            below += self.flow.height(index)
        while index < self.flow.count - 1 and below > self.flow.height(index):
            below -= self.flow.height(index)
            index += 1
        return index, below

    def _lack(self, index: int, below: float) -> float:
        """Pixels that would stay empty above the first paragraph."""
        filled, room = below, self.column().height()
        while filled < room and index > 0:
            index -= 1
            filled += self.flow.height(index)
        return max(0.0, room - filled)

    def _show_bar(self) -> None:
        if not self._barred:
            return
        total, room = self.flow.total(), self.column().height()
        below = 0.0
        if self._anchor is not None:
            index, inside = self._anchor
            below = max(0.0, self.flow.total(index) - inside)
        with QSignalBlocker(self.bar):
            most = max(0, round(total - room))
            self.bar.setRange(0, most)
            self.bar.setPageStep(max(1, round(room)))
            self.bar.setSingleStep(max(1, round(self.flow.row)))
            self.bar.setValue(most if self._anchor is None else round(most - below))
        self.bar.setEnabled(most > 0)

    def _dragged(self, value: int) -> None:
        below, index = float(self.bar.maximum() - value), self.flow.count - 1
        if below <= 0 or index < 0:
            self.to_end()
            return
        while index > 0 and below > self.flow.guess(index):
            below -= self.flow.guess(index)
            index -= 1
        self._anchor = index, self.flow.height(index) - below
        self._settle()
        self.scrolled.emit()

    # Qt.

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self.pressed(event.key()):
            super().keyPressEvent(event)

    def pressed(self, key: int) -> bool:
        """Scroll by a key; False where that is none for it."""
        keys = Qt.Key
        if key == keys.Key_End:
            self.to_end()
        elif key == keys.Key_Home:
            self.scroll_back(1e9)
        elif key in (keys.Key_PageUp, keys.Key_PageDown):
            self.page(1 if key == keys.Key_PageUp else -1)
        elif key in (keys.Key_Up, keys.Key_Down):
            self.scroll_back(self.flow.row * (1 if key == keys.Key_Up else -1))
        else:
            return False
        return True

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.scroll_back(event.angleDelta().y() / 120 * 2 * self.flow.row)
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        spot = self.at(event.position())
        if spot is not None:
            self.taken.emit(spot)

    def resizeEvent(self, event: QResizeEvent) -> None:
        wide = self.bar.sizeHint().width()
        self.bar.setGeometry(self.width() - wide, 0, wide, self.height())
        self._fit()
        super().resizeEvent(event)

    def _fit(self) -> None:
        if self._ready:
            self.flow.fit(self.column().width())
            self._free = 0.0
            self._settle()

    def _place(self) -> None:
        if self.now.isVisible():
            size = self.now.sizeHint()
            x = round(self.column().center().x() - size.width() / 2)
            self.now.setGeometry(x, self.height() - size.height() - theme.GRID, size.width(), size.height())

    def _seen(self, spots: Sequence[tuple[int, float]]) -> QRectF:
        """All, or where rows are to be whole what begins and ends with such."""
        box = QRectF(self.rect())
        if self.whole and spots and self.back:
            room = self.column().bottom() - spots[0][1]
            box.setBottom(spots[0][1] + max(0, math.floor(room / self.flow.row)) * self.flow.row)
        if self.whole and spots and spots[-1][1] < 0:
            row = self.flow.row
            first = spots[-1][1] + row * math.ceil(-spots[-1][1] / row)
            box.setTop(min(first, spots[-2][1]) if len(spots) > 1 else first)
        return box

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        try:
            ground = theme.current().colour("ground") if self.ground is None else QColor(self.ground)
            painter.fillRect(event.rect(), ground)
            left, spots = self.column().left(), self.spots()
            clip = QRectF(event.rect()).intersected(self._seen(spots))
            painter.setClipRect(clip)
            for index, top in spots:
                if top < clip.bottom():
                    self.flow.paint(painter, index, QPointF(left, top), clip)
        finally:
            painter.end()
