"""The wizard of the forty clips: five steps at the left, and at the right the one that is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QProgressBar,
    QPushButton,
    QRadioButton,
    QSizePolicy,
    QStackedWidget,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from widgets import theme
from widgets.meter import Meter

if TYPE_CHECKING:
    from collections.abc import Sequence

Row = tuple[str, ...]
_WIDE = 184  # pixels of the list of steps


class Steps(QWidget):
    """The steps with what has come of each; `opened(number)` asks for one."""

    opened = Signal(int)

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        self.setFixedWidth(_WIDE)
        self._group = QButtonGroup(self)
        self.buttons: list[QPushButton] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GRID // 2)
        for number, name in enumerate(names):
            button = QPushButton()
            button.setCheckable(True)
            button.setAutoDefault(False)
            button.setMinimumHeight(5 * theme.GRID)
            button.setStyleSheet("text-align: left; padding: 4px 8px")
            button.setAccessibleName(name)
            self._group.addButton(button, number)
            self.buttons.append(button)
            column.addWidget(button)
        column.addStretch(1)
        self._names = tuple(names)
        self._group.idClicked.connect(self.opened)

    def show_steps(self, at: int, said: Sequence[str], done: Sequence[bool], ready: Sequence[bool]) -> None:
        """Which is open, what came of each in a few words, and which can be opened."""
        for number, button in enumerate(self.buttons):
            mark = "✓" if done[number] else f"{number + 1}"
            button.setText(f"{mark}   {self._names[number]}\n      {said[number]}")
            button.setEnabled(ready[number])
            button.setChecked(number == at)


class Collect(QWidget):
    """Where the clips come from, and the recorder: `record` the next take, `again` or `play` that of a row."""

    chose = Signal(str)
    record = Signal()
    again = Signal(int)
    play = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.voice = QRadioButton("Record my voice: twenty times each word")
        self.bundled = QRadioButton("Forty bundled clips of synthetic voices")
        self.folder = QRadioButton("A folder of recordings…")
        self.place, self.word, self.count, self.verdict = QLabel(), QLabel(), QLabel(), QLabel()
        self.meter, self.progress, self.button = Meter(), QProgressBar(), QPushButton("Record")
        self.table = QTableWidget(0, 3)
        self.recorder = QFrame()
        self._build()

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GRID)
        for name, radio in (("voice", self.voice), ("bundled", self.bundled), ("folder", self.folder)):
            radio.clicked.connect(lambda _=False, source=name: self.chose.emit(source))
            column.addWidget(radio)
        self.place.setProperty("role", "muted")
        self.place.setWordWrap(True)
        column.addWidget(self.place)
        column.addWidget(self.recorder, 1)
        inner = QVBoxLayout(self.recorder)
        inner.setContentsMargins(0, theme.GRID, 0, 0)
        inner.setSpacing(theme.GRID)
        self.word.setFont(theme.font(2 * theme.DISPLAY, bold=True))
        self.word.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.count.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.verdict.setWordWrap(True)
        self.verdict.setMinimumHeight(5 * theme.GRID)
        self.verdict.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.verdict.setAccessibleName("What was found in the last take")
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(theme.GRID)
        self.button.setAutoDefault(False)
        self.button.setMinimumSize(180, 5 * theme.GRID)
        self.button.setToolTip("Two seconds; press, then say the word (Space)")
        self.button.clicked.connect(lambda _=False: self.record.emit())
        self.meter.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        row = QHBoxLayout()
        row.addWidget(self.button)
        row.addWidget(self.meter, 1)
        self.table.setHorizontalHeaderLabels(["Take", "Length", "Level and what was found"])
        self.table.setAccessibleName("Takes")
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QTableWidget.SelectionMode.SingleSelection)
        self.table.verticalHeader().hide()
        self.table.horizontalHeader().setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        foot = QHBoxLayout()
        foot.addStretch(1)
        for words, tip, signal in (
            ("Play", "Hear the take that is selected", self.play),
            ("Record again", "The take that is selected is made anew", self.again),
        ):
            button = QPushButton(words)
            button.setAutoDefault(False)
            button.setToolTip(tip)
            button.clicked.connect(lambda _=False, emit=signal.emit: emit(self.table.currentRow()))
            foot.addWidget(button)
        for part in (self.word, self.count, self.progress):
            inner.addWidget(part)
        inner.addLayout(row)
        inner.addWidget(self.verdict)
        inner.addWidget(self.table, 1)
        inner.addLayout(foot)

    def show_source(self, source: str, place: str) -> None:
        """Which is chosen, and what there is to say of it."""
        for name, radio in (("voice", self.voice), ("bundled", self.bundled), ("folder", self.folder)):
            radio.setChecked(name == source)
        self.place.setText(place)
        self.place.setVisible(bool(place))
        self.recorder.setVisible(source == "voice")

    def show_takes(self, rows: Sequence[Row], good: Sequence[bool]) -> None:
        """Every take with its length and what was found, and how many of them are good."""
        self.table.setRowCount(len(rows))
        palette = theme.current()
        for place, (row, fine) in enumerate(zip(rows, good, strict=True)):
            for column, text in enumerate(row):
                item = self.table.item(place, column)
                if item is None:
                    item = QTableWidgetItem()
                    self.table.setItem(place, column, item)
                item.setText(text)
                item.setToolTip(text)
                item.setForeground(palette.colour("text" if fine or not row[1] else "bad"))
        self.progress.setMaximum(max(1, len(rows)))
        self.progress.setValue(sum(good))

    def show_word(self, word: str, count: str, recording: bool) -> None:
        """What is to be said now."""
        self.word.setText(word)
        self.count.setText(count)
        self.button.setText("Recording…" if recording else "Record")
        self.button.setEnabled(not recording and bool(word))

    def say(self, text: str, trouble: bool = False) -> None:
        """What was found in the last take."""
        self.verdict.setText(text)
        self.verdict.setProperty("role", "warning" if trouble else "")
        self.verdict.style().unpolish(self.verdict)
        self.verdict.style().polish(self.verdict)

    def reveal(self, row: int) -> None:
        """Bring a take into sight."""
        if 0 <= row < self.table.rowCount():
            self.table.selectRow(row)
            item = self.table.item(row, 0)
            if item is not None:
                self.table.scrollToItem(item)


class Work(QWidget):
    """A step that is a button, a line of progress and a table; `asked` begins it, or stops it."""

    asked = Signal()

    def __init__(self, about: str, words: str) -> None:
        super().__init__()
        self.about, self.said, self.button = QLabel(about), QLabel(), QPushButton(words)
        self.progress, self.table = QProgressBar(), QTableWidget()
        self._words = words
        self.about.setWordWrap(True)
        self.said.setWordWrap(True)
        self.button.setAutoDefault(False)
        self.button.setFixedSize(180, 5 * theme.GRID)
        kept = self.progress.sizePolicy()
        kept.setRetainSizeWhenHidden(True)
        self.progress.setSizePolicy(kept)
        self.button.clicked.connect(lambda _=False: self.asked.emit())
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(theme.GRID)
        self.progress.setMaximum(1000)
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.verticalHeader().hide()
        self.table.setAccessibleName("Results")
        self.table.hide()
        row = QHBoxLayout()
        row.addWidget(self.button)
        row.addWidget(self.progress, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2 * theme.GRID)
        column.addWidget(self.about)
        column.addLayout(row)
        column.addWidget(self.said)
        column.addWidget(self.table, 1)
        column.addStretch(0)

    def show_work(self, busy: bool, share: float, said: str, stops: bool = False) -> None:
        """Whether it goes on, how far it is, and what there is to say."""
        self.button.setText("Stop" if busy and stops else self._words)
        self.button.setEnabled(not busy or stops)
        self.progress.setVisible(busy)
        self.progress.setValue(round(1000 * share))
        self.said.setText(said)

    def show_table(self, rows: Sequence[Row]) -> None:
        """The first row is the heading; no rows hide the table."""
        self.table.setVisible(len(rows) > 1)
        if len(rows) < 2:
            return
        self.table.setColumnCount(len(rows[0]))
        self.table.setRowCount(len(rows) - 1)
        self.table.setHorizontalHeaderLabels(list(rows[0]))
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        for place, row in enumerate(rows[1:]):
            for column, text in enumerate(row):
                item = QTableWidgetItem(text)
                item.setToolTip(text)
                self.table.setItem(place, column, item)


class Pages(QStackedWidget):
    """The page of each step."""

    def __init__(self, collect: Collect, works: Sequence[Work]) -> None:
        super().__init__()
        for page in (collect, *works):
            self.addWidget(page)
