"""A small piano: keys to be pressed by mouse, or by the computer's keyboard as it is written on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QToolTip, QWidget

from widgets import theme
from widgets.roll import OCTAVE, pitch_of
from widgets.view import guarded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QFocusEvent

LETTERS = "ZXCVBNMQWERTYUI"
"""The keys of the computer that press those of the piano, from the lowest on."""
_KEY = Qt.Key
_ARROWS = (_KEY.Key_Left, _KEY.Key_Right)
_PRESS = {_KEY.Key_Space, _KEY.Key_Return, _KEY.Key_Enter}
_BEFORE_BLACK = {0, 2, 5, 7, 9}
"""White keys, as steps from C, with a black one at their right."""
_HELP = (
    "<p><b>Piano</b></p><p>The notes that the melody begins with: press keys by mouse, or, once clicked, by the "
    "letters on them. Arrows and Space work too; Backspace takes the last note back. The network knows the white "
    "keys alone.</p>"
)


class Piano(QWidget):
    """White keys by `names`, from the lowest on. `pressed(n)` tells of the n-th, `taken_back()` of Backspace."""

    pressed = Signal(int)
    taken_back = Signal()
    WANTED = frozenset({*(Qt.Key[f"Key_{each}"] for each in LETTERS), *_ARROWS, *_PRESS, _KEY.Key_Backspace})
    """The keys that it needs for itself while it has the focus."""

    def __init__(self, names: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.names = tuple(names)
        self._at = 0
        self._hovered: int | None = None
        self._down: int | None = None
        self._by_key = False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFixedHeight(10 * theme.GRID)
        self.setAccessibleName(f"Piano, {self.names[0]} to {self.names[-1]}")
        self.setWhatsThis(_HELP)

    def sizeHint(self) -> QSize:
        return QSize(18 * len(self.names), 10 * theme.GRID)

    def minimumSizeHint(self) -> QSize:
        return QSize(14 * len(self.names), 10 * theme.GRID)

    def key_at(self, point: QPointF) -> int | None:
        """The white key at a point: above, there are the black ones, which are not known."""
        if not self.rect().contains(point.toPoint()) or any(box.contains(point) for box in self._black()):
            return None
        return min(int(point.x() / self._width), len(self.names) - 1)

    def box(self, key: int) -> QRectF:
        """Where a white key lies."""
        return QRectF(key * self._width, 0, self._width, self.height())

    @property
    def _width(self) -> float:
        return self.width() / len(self.names)

    def _black(self) -> list[QRectF]:
        wide, found = 0.6 * self._width, []
        for key, name in enumerate(self.names[:-1]):
            if (pitch_of(name) or 0) % OCTAVE in _BEFORE_BLACK:
                found.append(QRectF((key + 1) * self._width - wide / 2, 0, wide, 0.52 * self.height()))
        return found

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        try:
            palette = theme.current()
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for key in range(len(self.names)):
                self._paint_key(painter, key)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(palette.colour("line" if palette.name == "dark" else "faint"))
            for box in self._black():
                painter.drawRoundedRect(box.adjusted(0, -3, 0, 0), 2, 2)
            if self.hasFocus() and self._by_key:
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(palette.colour("accent"), 2))
                painter.drawRoundedRect(self.box(self._at).adjusted(2, 2, -2, -2), 3, 3)
        finally:
            painter.end()

    def _paint_key(self, painter: QPainter, key: int) -> None:
        palette, box = theme.current(), self.box(key).adjusted(0.5, -3, -0.5, -0.5)
        lit = key == self._down
        plain = "text" if palette.name == "dark" else "raised"
        painter.setPen(QPen(palette.colour("faint"), 1))
        painter.setBrush(palette.colour("accent") if lit else palette.colour(plain, 0.92))
        painter.drawRoundedRect(box, 3, 3)
        if key == self._hovered and not lit:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(palette.colour("accent", 0.3))
            painter.drawRoundedRect(box, 3, 3)
        painter.setPen(palette.colour("on_accent" if lit else "window" if palette.name == "dark" else "text"))
        painter.setFont(theme.font(theme.SMALL - 1, bold=True))
        letter = QRectF(box.left(), box.bottom() - 16, box.width(), 14)
        painter.drawText(letter, Qt.AlignmentFlag.AlignCenter, LETTERS[key] if key < len(LETTERS) else "")
        if self.names[key].startswith("C"):
            painter.setFont(theme.font(theme.SMALL - 2))
            painter.setPen(palette.colour("on_accent" if lit else "faint"))
            painter.drawText(letter.translated(0, -13), Qt.AlignmentFlag.AlignCenter, self.names[key])

    def _press(self, key: int) -> None:
        self._at = self._down = key
        self.update()
        self.pressed.emit(key)

    def _release(self) -> None:
        self._down = None
        self.update()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            key = self.key_at(QPointF(event.pos()))
            words = f"{self.names[key]} (key {LETTERS[key]})" if key is not None else "not known to the network"
            QToolTip.showText(event.globalPos(), words, self)
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        key = self.key_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and key is not None:
            self._press(key)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._release()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        found = self.key_at(event.position())
        if found != self._hovered:
            self._hovered = found
            self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._hovered = None
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        letter = chr(key) if 0 < key < 128 else ""
        plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if not plain:
            super().keyPressEvent(event)
        elif letter and letter in LETTERS[: len(self.names)]:
            if not event.isAutoRepeat():
                self._press(LETTERS.index(letter))
        elif key in _ARROWS:
            self._by_key = True
            step = 2 * _ARROWS.index(_KEY(key)) - 1
            self._at = min(max(self._at + step, 0), len(self.names) - 1)
            self.update()
        elif key in _PRESS:
            if not event.isAutoRepeat():
                self._press(self._at)
        elif key == _KEY.Key_Backspace:
            self.taken_back.emit()
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if not event.isAutoRepeat():
            self._release()

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._by_key = event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._release()
