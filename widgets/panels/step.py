"""The card of a step: set up the workbench, guess, measure, and hear what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from widgets import glyph, theme
from widgets.drawn import Drawn
from widgets.panels.words import say

if TYPE_CHECKING:
    from engine.clip import Clip
    from engine.lessons.lesson import Outcome, Step


class StepCard(QFrame):
    """`arranged(name)`, `checked(name)` and `heard(clip)` when its buttons are pressed."""

    arranged = Signal(str)
    checked = Signal(str)
    heard = Signal(object)

    def __init__(self, step: Step, number: int) -> None:
        super().__init__()
        self.step = step
        self._outcome: Outcome | None = None
        self._sounds: list[QPushButton] = []
        self._drawn: list[Drawn] = []
        self._choices = QButtonGroup(self)
        self._field: QLineEdit | None = None
        self.setProperty("role", "card")
        self.setAccessibleName(f"Step {number}: {step.title}")
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        head = QLabel(f"{number}  {step.title}")
        head.setFont(theme.font(theme.LARGE, bold=True))
        head.setWordWrap(True)
        column.addWidget(head)
        if step.guess is not None:
            column.addWidget(self._question())
        column.addLayout(self._buttons())
        self._said = QLabel()
        self._said.setWordWrap(True)
        self._said.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._verdict = QLabel()
        self._verdict.setWordWrap(True)
        self._table = QWidget()
        self._grid = QGridLayout(self._table)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setVerticalSpacing(2)
        self._grid.setHorizontalSpacing(16)
        self._grid.setColumnStretch(0, 1)
        self._playing = QHBoxLayout()
        self._playing.setSpacing(8)
        self._playing.addStretch(1)
        for part in (self._verdict, self._said, self._table):
            part.hide()
            column.addWidget(part)
        self._pictures = QVBoxLayout()
        column.addLayout(self._pictures)
        column.addLayout(self._playing)

    @property
    def said(self) -> str:
        """The guess; empty where none was made."""
        if self._field is not None:
            return self._field.text().strip()
        chosen = self._choices.checkedButton()
        return str(chosen.property("choice")) if chosen is not None else ""

    def show_state(self, outcome: Outcome | None, done: bool, running: bool) -> None:
        """What was measured, whether the step has ever passed, and whether it is being measured now."""
        self.check.setEnabled(not running)
        self.check.setText("Measuring…" if running else "Measure again" if outcome is not None else "Measure")
        self._done.setText("done" if done else "")
        if outcome is self._outcome:
            return
        self._outcome = outcome
        for part in (self._verdict, self._said, self._table):
            part.setVisible(outcome is not None)
        if outcome is not None:
            self._show(outcome)

    def dress(self) -> None:
        """After a change of theme."""
        for button in self._sounds:
            button.setIcon(glyph.icon("play"))
        for picture in self._drawn:
            picture.dress()

    def _question(self) -> QWidget:
        guess = self.step.guess
        assert guess is not None
        made = QWidget()
        column = QVBoxLayout(made)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        words = QLabel(guess.question)
        words.setWordWrap(True)
        column.addWidget(words)
        for choice in guess.choices:
            button = QRadioButton(choice)
            button.setProperty("choice", choice)
            self._choices.addButton(button)
            column.addWidget(button)
        if not guess.choices:
            row = QHBoxLayout()
            self._field = QLineEdit()
            self._field.setMaximumWidth(96)
            self._field.setAccessibleName(guess.question)
            self._field.setPlaceholderText("your guess")
            self._field.returnPressed.connect(lambda: self.checked.emit(self.step.name))
            row.addWidget(self._field)
            row.addWidget(QLabel(guess.unit), 1)
            column.addLayout(row)
        return made

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        if self.step.setup is not None:
            arrange = QPushButton("Set up")
            arrange.setToolTip("Open what this step is about in the workbench")
            arrange.setAccessibleName(f"Set up: {self.step.title}")
            arrange.clicked.connect(lambda: self.arranged.emit(self.step.name))
            row.addWidget(arrange)
        self.check = QPushButton("Measure")
        self.check.setToolTip("Run the check, and compare what it measures with your guess")
        self.check.setAccessibleName(f"Measure: {self.step.title}")
        self.check.clicked.connect(lambda: self.checked.emit(self.step.name))
        row.addWidget(self.check)
        row.addStretch(1)
        self._done = QLabel()
        self._done.setProperty("role", "good")
        row.addWidget(self._done)
        return row

    def _show(self, outcome: Outcome) -> None:
        say(self._verdict, *self._judged(outcome))
        self._said.setText(outcome.text[:1].upper() + outcome.text[1:] + ".")
        while (item := self._grid.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.deleteLater()
        for row, (name, value) in enumerate(outcome.values):
            told, number = QLabel(name), QLabel(value)
            told.setProperty("role", "muted")
            told.setWordWrap(True)
            number.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(told, row, 0)
            self._grid.addWidget(number, row, 1)
        self._table.setVisible(bool(outcome.values))
        for button in self._sounds:
            button.deleteLater()
        self._sounds = [self._sound(clip) for clip in outcome.sounds]
        for picture in self._drawn:
            picture.deleteLater()
        self._drawn = [Drawn(name, svg) for name, svg in outcome.pictures.items()]
        for picture in self._drawn:
            self._pictures.addWidget(picture)

    def _judged(self, outcome: Outcome) -> tuple[str, str]:
        """The verdict in words, and the role they are shown in."""
        if not outcome.passed:
            return "The check failed: what was measured is not what this lesson says.", "bad"
        guess, said = self.step.guess, self.said
        if guess is None or not outcome.answer:
            return "As the lesson says.", "good"
        unit = f" {guess.unit}".rstrip()
        if not said:
            return f"Measured: {outcome.answer}{unit}.", "good"
        if guess.right(said, outcome.answer):
            return f"You said {said}{unit}: right. Measured: {outcome.answer}{unit}.", "good"
        return f"You said {said}{unit}. Measured: {outcome.answer}{unit}.", "warning"

    def _sound(self, clip: Clip) -> QPushButton:
        button = QPushButton(clip.name)
        button.setIcon(glyph.icon("play"))
        button.setToolTip(f"Open {clip.name} in the workbench and play it")
        button.setAccessibleName(f"Play {clip.name}")
        button.clicked.connect(lambda: self.heard.emit(clip))
        self._playing.insertWidget(self._playing.count() - 1, button)
        return button
