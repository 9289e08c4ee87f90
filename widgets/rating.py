"""A page of a rating sheet: hidden versions of one sound beside each other, a slider from 0 to 100 for each."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPushButton, QSlider, QVBoxLayout, QWidget

from widgets import theme

if TYPE_CHECKING:
    from collections.abc import Sequence

OPEN = "reference"
"""What is heard of the version that is shown openly."""
BANDS = ("excellent", "good", "fair", "poor", "bad")
"""Of twenty points each, from 100 down (ITU-R BS.1534-3)."""
_TASK = "Hear every version, and say how good each sounds. Compare as often as you like; ratings can be changed."
_HIGH = 26 * theme.GRID


class RatingPanel(QWidget):
    """`heard(label)` asks for a version to be played, `rated(scores)` gives those of the page, in its order."""

    heard = Signal(str)
    rated = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.turn, self.missing = QLabel(), QLabel()
        self.turn.setFont(theme.font(theme.LARGE, bold=True))
        self.missing.setProperty("role", "muted")
        self.missing.setWordWrap(True)
        self.task, self.keys = QLabel(_TASK), QLabel()
        for label in (self.task, self.keys):
            label.setWordWrap(True)
            label.setProperty("role", "muted")
        self.next = QPushButton("Next page")
        self.next.setAutoDefault(False)
        self.next.clicked.connect(self._finish)
        self.buttons: dict[str, QPushButton] = {}
        self.sliders: list[QSlider] = []
        self._numbers: list[QLabel] = []
        self._known: set[str] = set()
        self._touched: set[int] = set()
        self._columns: QWidget = QWidget()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(2 * theme.GRID)
        self._column.addWidget(self.turn)
        self._column.addWidget(self.task)
        self._column.addWidget(self._columns, 1)
        foot = QHBoxLayout()
        foot.addWidget(self.missing, 1)
        foot.addWidget(self.next)
        self._column.addLayout(foot)
        self._column.addWidget(self.keys)

    def show_page(self, turn: str, labels: Sequence[str], with_open: bool, last: bool) -> None:
        """Columns for hidden versions, by their labels, and one for the open reference."""
        self.turn.setText(turn)
        self.next.setText("End the test" if last else "Next page")
        also = "R the reference, " if with_open else ""
        self.keys.setText(f"Keys: {labels[0]} to {labels[-1]} to hear, {also}Space to pause.")
        self.buttons, self.sliders, self._numbers = {}, [], []
        self._known, self._touched = set(), set()
        old, self._columns = self._columns, QWidget()
        self._column.replaceWidget(old, self._columns)
        old.hide()
        old.deleteLater()
        grid = QGridLayout(self._columns)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(2 * theme.GRID)
        if with_open:
            grid.addWidget(self._button(OPEN, "Reference", "Hear the reference (key R)"), 0, 0)
        grid.addWidget(_scale(), 1, 0)
        for place, label in enumerate(labels):
            self._add(grid, place, label)
        self._mark()

    def show_heard(self, label: str) -> None:
        """Mark what sounds; empty for nothing."""
        if label:
            self._known.add(label)
        for each, button in self.buttons.items():
            button.setChecked(each == label)
        self._mark()

    def press(self, key: str) -> None:
        """A key that was pressed."""
        label = OPEN if key == "R" else key
        if label in self.buttons:
            self.heard.emit(label)

    def _add(self, grid: QGridLayout, place: int, label: str) -> None:
        slider, number = QSlider(Qt.Orientation.Vertical), QLabel("\N{EN DASH}")
        slider.setRange(0, 100)
        slider.setValue(50)
        slider.setPageStep(10)
        slider.setMinimumHeight(_HIGH)
        slider.setAccessibleName(f"Rating of version {label}")
        slider.setToolTip(f"How good version {label} sounds, from 0 to 100")
        slider.valueChanged.connect(partial(self._rate, place))
        slider.sliderReleased.connect(partial(self._rate, place))
        number.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        number.setFont(theme.font(theme.LARGE, bold=True))
        grid.addWidget(self._button(label, label, f"Hear version {label} (key {label})"), 0, place + 1)
        grid.addWidget(slider, 1, place + 1, Qt.AlignmentFlag.AlignHCenter)
        grid.addWidget(number, 2, place + 1)
        grid.setColumnStretch(place + 1, 1)
        self.sliders.append(slider)
        self._numbers.append(number)

    def _button(self, label: str, words: str, tip: str) -> QPushButton:
        button = QPushButton(words)
        button.setCheckable(True)
        button.setAutoDefault(False)
        button.setMinimumHeight(4 * theme.GRID)
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.clicked.connect(lambda: self.heard.emit(label))
        self.buttons[label] = button
        return button

    def _rate(self, place: int, _: int = 0) -> None:
        self._touched.add(place)
        self._numbers[place].setText(str(self.sliders[place].value()))
        self._mark()

    def _mark(self) -> None:
        """What has to be done before the page can be left."""
        hidden = [label for label in self.buttons if label != OPEN]
        unheard = [label for label in hidden if label not in self._known]
        unrated = [label for place, label in enumerate(hidden) if place not in self._touched]
        words = [
            f"Not {done} yet: {', '.join(left)}."
            for done, left in (("heard", unheard), ("rated", unrated))
            if left
        ]
        self.missing.setText(" ".join(words) or "All are heard and rated.")
        self.next.setEnabled(not words)

    def _finish(self) -> None:
        self.rated.emit(tuple(slider.value() for slider in self.sliders))


def _scale() -> QWidget:
    """The words of the scale, each in the middle of its twenty points."""
    words = QWidget()
    column = QVBoxLayout(words)
    column.setContentsMargins(0, theme.GRID // 2, theme.GRID, theme.GRID // 2)
    column.setSpacing(0)
    for place, name in enumerate(BANDS):
        label = QLabel(f"{name}\n{100 - 20 * place} to {80 - 20 * place}")
        label.setFont(theme.font(theme.SMALL))
        label.setProperty("role", "muted")
        label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        column.addWidget(label, 1)
    return words
