"""One computation in NumPy and in torch, side by side, and under both whether they returned the same numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QBoxLayout, QFrame, QLabel, QVBoxLayout, QWidget

from engine.lessons.lesson import Text
from widgets import theme
from widgets.prose import Prose

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from engine.lessons.lesson import Pair

ROOM = 400
"""Pixels of width below which the two no longer fit side by side, and stand below each other."""


class Beside(QFrame):
    """The card of a pair."""

    def __init__(self, pair: Pair) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self.setAccessibleName(f"NumPy and torch: {pair.about}")
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(8)
        column.addWidget(_words(f"{pair.about}.", "muted"))
        self.sides = (_code(pair.numpy), _code(pair.torch))
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._row.setSpacing(8)
        for name, code in zip(("NumPy", "torch"), self.sides, strict=True):
            self._row.addWidget(_headed(name, code), 1)
        column.addLayout(self._row)
        self.told = _words(pair.told, "good" if pair.equal else "bad")
        column.addWidget(self.told)

    def dress(self) -> None:
        """After a change of theme."""
        for side in self.sides:
            side.dress()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = event.size().width() >= ROOM
        self._row.setDirection(QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom)


def _code(source: str) -> Prose:
    made = Prose(Text(f"```python\n{source}\n```", ()), theme.SMALL)
    made.setAccessibleName("Code")
    return made


def _headed(name: str, code: Prose) -> QWidget:
    made = QWidget()
    column = QVBoxLayout(made)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(4)
    head = QLabel(name)
    head.setFont(theme.font(theme.TEXT, bold=True))
    column.addWidget(head)
    column.addWidget(code)
    column.addStretch(1)
    return made


def _words(text: str, role: str) -> QLabel:
    made = QLabel(text)
    made.setProperty("role", role)
    made.setWordWrap(True)
    made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return made
