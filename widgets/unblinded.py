"""What came of a blind test: in a sentence, and answer by answer with what was hidden."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from widgets import theme

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_LEFT_OUT = ("date", "seed", "p")
_SIGNS = {0: "✗", 1: "✓"}


class Unblinded(QWidget):
    """`saved` asks for the results to be written, `again` for another test."""

    saved = Signal()
    again = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.verdict, self.table = QLabel(), QTableWidget()
        self.verdict.setWordWrap(True)
        self.verdict.setFont(theme.font(theme.LARGE))
        self.table.setAccessibleName("Answers")
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.verticalHeader().hide()
        self.table.setWordWrap(False)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        save, again = QPushButton("Save results…"), QPushButton("Another test")
        save.setToolTip("Every answer as a table (CSV), and all of the test as JSON")
        again.setToolTip("The same sounds, drawn anew")
        save.clicked.connect(self.saved)
        again.clicked.connect(self.again)
        foot = QHBoxLayout()
        foot.addStretch(1)
        for button in (again, save):
            button.setAutoDefault(False)
            foot.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2 * theme.GRID)
        column.addWidget(self.verdict)
        column.addWidget(self.table, 1)
        column.addLayout(foot)

    def show_test(self, verdict: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """A sentence, and a row an answer: the columns are those of the rows."""
        self.verdict.setText(verdict)
        names = [each for each in rows[0] if each not in _LEFT_OUT] if rows else []
        self.table.setRowCount(len(rows))
        self.table.setColumnCount(len(names))
        self.table.setHorizontalHeaderLabels(names)
        for line, row in enumerate(rows):
            for column, name in enumerate(names):
                text = _SIGNS[row[name]] if name == "right" else str(row[name])
                item = QTableWidgetItem(text)
                item.setTextAlignment(Qt.AlignmentFlag.AlignCenter)
                self.table.setItem(line, column, item)
