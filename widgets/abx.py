"""ABX: three buttons to hear, two to answer, and how many trials are done."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from widgets import theme
from widgets.panels.words import say

_TASK = "X is A or B. Switch as often as you like while it plays; then say which."
_KEYS = "Keys: A, B and X to hear, 1 if X is A, 2 if X is B, Space to pause."


class AbxPanel(QWidget):
    """`heard(name)` asks for A, B or X to be played, `answered(side)` gives A or B, `peeked` asks for p."""

    heard = Signal(str)
    answered = Signal(str)
    peeked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.turn, self.task, self.keys, self.standing = QLabel(), QLabel(_TASK), QLabel(_KEYS), QLabel()
        self.turn.setFont(theme.font(theme.LARGE, bold=True))
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(theme.GRID)
        self.bar.setAccessibleName("Trials answered")
        self.play = {name: _large(name, f"Hear {name} (key {name})") for name in ("A", "X", "B")}
        self.say_a, self.say_b = QPushButton("X is A"), QPushButton("X is B")
        self.peek = QPushButton("How does it stand?")
        self.peek.setToolTip(
            "Shows how many are right and p. Who looks may stop at a lucky moment: that is noted in the results"
        )
        for name, button in self.play.items():
            button.clicked.connect(partial(self._hear, name))
        for button, side in ((self.say_a, "A"), (self.say_b, "B")):
            button.setMinimumHeight(5 * theme.GRID)
            button.setToolTip(f"X sounds like {side} (key {'AB'.index(side) + 1})")
            button.clicked.connect(partial(self._answer, side))
        for button in (self.say_a, self.say_b, self.peek, *self.play.values()):
            button.setAutoDefault(False)
        self.peek.clicked.connect(self.peeked)
        for label in (self.task, self.keys, self.standing):
            label.setWordWrap(True)
            label.setProperty("role", "muted")
        self._lay_out()

    def show_turn(self, answered: int, trials: int, needed: int | None) -> None:
        """The trial that is asked next. What is heard is X again, so that none begins as the last one ended."""
        self.turn.setText(f"Trial {min(answered + 1, trials)} of {trials}")
        self.bar.setRange(0, trials)
        self.bar.setValue(answered)
        wanted = f"{needed} of {trials} right are needed for p below 0.05." if needed is not None else ""
        say(self.standing, f"{answered} answered. {wanted}", "muted")

    def show_standing(self, text: str) -> None:
        """How it stands, to who has asked."""
        say(self.standing, text, "muted")

    def show_heard(self, name: str) -> None:
        """Mark what sounds; empty for nothing."""
        for each, button in self.play.items():
            button.setChecked(each == name)

    def press(self, key: str) -> None:
        """A key that was pressed."""
        if key in self.play:
            self._hear(key)
        elif key in ("1", "2"):
            self._answer("AB"[int(key) - 1])

    def _hear(self, name: str, _: bool = False) -> None:
        self.heard.emit(name)

    def _answer(self, side: str, _: bool = False) -> None:
        self.answered.emit(side)

    def _lay_out(self) -> None:
        sounds, answers, foot = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        for row, buttons in ((sounds, tuple(self.play.values())), (answers, (self.say_a, self.say_b))):
            row.setSpacing(2 * theme.GRID)
            for button in buttons:
                row.addWidget(button, 1)
        foot.addWidget(self.standing, 1)
        foot.addWidget(self.peek, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2 * theme.GRID)
        column.addWidget(self.turn)
        column.addWidget(self.bar)
        column.addWidget(self.task)
        column.addStretch(1)
        column.addLayout(sounds)
        column.addLayout(answers)
        column.addStretch(1)
        column.addLayout(foot)
        column.addWidget(self.keys)


def _large(name: str, tip: str) -> QPushButton:
    button = QPushButton(name)
    button.setCheckable(True)
    button.setFont(theme.font(theme.DISPLAY, bold=True))
    button.setMinimumHeight(12 * theme.GRID)
    button.setToolTip(tip)
    button.setAccessibleName(f"Hear {name}")
    return button
