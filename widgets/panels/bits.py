"""A network in 32, 16 and 8 bits, as a table in the model panel: how large, how fast, how right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QGridLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from widgets.panels.group import Group
from widgets.panels.words import say
from widgets.view import Follower

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QAction

TIP = (
    "The network as a file for other programs, with weights of 32, 16 and 8 bits: bytes, and what a step takes on "
    "one thread, measured here. Pictures and gates stay those of 32 bits. `otoscope quantize` keeps the files"
)


class Bits(QWidget):
    """Folded until it is measured. What is shown belongs to one network, and goes with it."""

    def __init__(self, measure: QAction) -> None:
        super().__init__()
        self._network = ""
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(2)
        self._told = QLabel()
        self._told.setWordWrap(True)
        self._told.setVisible(False)
        self._told.setAccessibleName("What 8 bits lose")
        body = QWidget()
        inside = QVBoxLayout(body)
        inside.setContentsMargins(16, 0, 0, 0)
        inside.setSpacing(4)
        inside.addLayout(self._grid)
        inside.addWidget(self._told)
        inside.addWidget(Follower(measure), 0, Qt.AlignmentFlag.AlignLeft)
        self.group = Group("32, 16 and 8 bits", lambda: body, switch=False, tip=TIP)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.group)

    def show_network(self, network_id: str) -> None:
        """Another network has not been measured."""
        if network_id != self._network:
            self._network = network_id
            self._clear()

    def show_rows(self, network_id: str, rows: Sequence[Sequence[str]], trouble: Sequence[str]) -> None:
        """Rows of words, the heading first; nothing where another network came meanwhile."""
        if network_id != self._network:
            return
        self._clear()
        for row, cells in enumerate(rows):
            for place, words in enumerate(cells):
                label = QLabel(words)
                side = Qt.AlignmentFlag.AlignRight if place else Qt.AlignmentFlag.AlignLeft
                label.setAlignment(side | Qt.AlignmentFlag.AlignVCenter)
                if not row:
                    label.setProperty("role", "muted")
                self._grid.addWidget(label, row, place)
        self._grid.setColumnStretch(max(map(len, rows)), 1)
        say(self._told, " ".join(f"{each[:1].upper()}{each[1:]}." for each in trouble), "badge")
        self._told.setVisible(bool(trouble))
        self.group.open(True)
        QTimer.singleShot(0, self._reveal)  # when Qt has laid it out

    def _reveal(self) -> None:
        area = self.parentWidget()
        while area is not None and not isinstance(area, QScrollArea):
            area = area.parentWidget()
        if area is not None:
            area.ensureWidgetVisible(self)

    def table(self) -> tuple[tuple[str, ...], ...]:
        """The words that stand in the table, row by row."""
        found: list[tuple[str, ...]] = []
        for row in range(self._grid.rowCount()):
            items = (self._grid.itemAtPosition(row, place) for place in range(self._grid.columnCount()))
            labels = [item.widget() for item in items if item is not None]
            if labels:
                found.append(tuple(each.text() for each in labels if isinstance(each, QLabel)))
        return tuple(found)

    def _clear(self) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            if (label := item.widget()) is not None:
                label.hide()
                label.deleteLater()
        self._told.setVisible(False)
