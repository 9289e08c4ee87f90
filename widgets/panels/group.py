"""A group that folds: a heading with an arrow, a word about its content, an on/off switch, and a body."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from widgets import glyph

if TYPE_CHECKING:
    from collections.abc import Callable


class Group(QWidget):
    """`switched(on)` when its switch is turned by hand. Without a switch the content always acts.

    `make` gives the body when the group is opened for the first time: most stay folded.
    """

    switched = Signal(bool)

    def __init__(self, title: str, make: Callable[[], QWidget], switch: bool = True, tip: str = "") -> None:
        super().__init__()
        self.title = title
        self.body: QWidget | None = None
        self._make = make
        self._word = ""
        self._off = False
        self._column = column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        head = QHBoxLayout()
        head.setSpacing(4)
        self.arrow = QToolButton()
        self.arrow.setProperty("flat", True)
        self.arrow.setText(title)
        self.arrow.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.arrow.setCheckable(False)
        self.arrow.setAccessibleName(f"Show or fold {title}")
        self.arrow.setToolTip(f"Show or fold {title}")
        font = self.arrow.font()
        font.setBold(True)
        self.arrow.setFont(font)
        self.arrow.clicked.connect(lambda: self.open(not self.is_open))
        self.word = QLabel()
        self.word.setProperty("role", "muted")
        self.word.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.word.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.switch = QCheckBox()
        self.switch.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # clicked, it would take the space bar, which plays
        self.switch.setVisible(switch)
        self.switch.setAccessibleName(f"{title} acts")
        self.switch.setToolTip(f"Switch {title.lower()} on or off")
        self.switch.toggled.connect(self._turn)
        for widget in (self.arrow, self, self.switch) if tip else ():
            widget.setWhatsThis(tip)
        if tip:
            self.arrow.setToolTip(tip)
        head.addWidget(self.arrow)
        head.addWidget(self.word, 1)
        head.addWidget(self.switch)
        column.addLayout(head)
        self.dress()

    @property
    def is_open(self) -> bool:
        return self.body is not None and not self.body.isHidden()

    def open(self, shown: bool = True) -> None:
        """Unfold the body, or fold it; folded, the heading says what is inside."""
        if shown and self.body is None:
            self.body = self._make()
            self.body.setContentsMargins(20, 0, 0, 8)
            self.body.setEnabled(not self._off)
            self._column.addWidget(self.body)
        if self.body is not None:
            self.body.setVisible(shown)
        self.word.setText("" if shown else self._word)
        self.dress()

    def say(self, word: str) -> None:
        """What stands in the heading while the group is folded."""
        self._word = word
        self.word.setText("" if self.is_open else word)

    def show_on(self, on: bool) -> None:
        """Show whether it acts, without telling of it."""
        with QSignalBlocker(self.switch):
            self.switch.setChecked(on)
        self._off = not on and self.switch.isVisibleTo(self)
        if self.body is not None:
            self.body.setEnabled(not self._off)

    def dress(self) -> None:
        """Draw the arrow anew, as after a change of theme."""
        self.arrow.setIcon(glyph.icon("open" if self.is_open else "fold", "muted"))

    def _turn(self, on: bool) -> None:
        self._off = not on
        if on:
            self.open()
        if self.body is not None:
            self.body.setEnabled(on)
        self.switched.emit(on)
