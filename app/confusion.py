"""The dialog of confusions: what a network takes for what; a cell, clicked, becomes the clip of its stretches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
)

from engine.confusion import Confused, confuse
from engine.events import Ended, Failed
from widgets import theme

if TYPE_CHECKING:
    from PySide6.QtGui import QColor, QShowEvent

    from app.window import Window

NAME = "confusions"
MANY = 16
"""Columns that do not fit side by side any more: they are as wide as their words, and scrolled."""


class Dialog(QDialog):
    """Stays while the window does; the network is tried as it opens, and anew when that is asked for."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.window_ = window
        self.found: Confused | None = None
        self.setWindowTitle("Confusions")
        self.resize(720, 560)
        self.table, self.said, self.button = QTableWidget(), QLabel(), QPushButton("Try this network")
        self.table.setAccessibleName("Confusions")
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.cellClicked.connect(self.hear)
        self.said.setWordWrap(True)
        self.said.setText(
            "Rows are what sounds, columns what the network calls it. Click a cell to hear its stretches."
        )
        self.button.setToolTip("Run the network that is shown over held-out clips")
        self.button.clicked.connect(self.start)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(8)
        for part in (self.said, self.table, self.button):
            column.addWidget(part)
        window.wiring.on(Confused, self.show_found)
        for kind in (Ended, Failed):
            window.wiring.on(kind, self._ended)

    def showEvent(self, event: QShowEvent) -> None:
        """Whoever opens it wants to know: the network of now is tried, unless what is shown is of it."""
        super().showEvent(event)
        network = self.window_.session.state.network
        if self.button.isEnabled() and (self.found is None or network is not self.found.network):
            self.start()

    def start(self) -> None:
        """Try the network that is shown."""
        network = self.window_.session.state.network
        if network is None:
            self.said.setText("There is no network yet: choose a task first.")
            return
        self.button.setEnabled(False)
        self.said.setText(f"Trying {network.name} on held-out clips…")
        self.window_.wiring.submit("background", NAME, confuse, network, doing="looking for confusions")

    def show_found(self, found: Confused) -> None:
        """The share of each row's frames in each column."""
        self.found = found
        count, shares = len(found.names), found.counts / found.counts.sum(axis=1, keepdims=True).clip(min=1)
        self.table.setRowCount(count)
        self.table.setColumnCount(count)
        self.table.setHorizontalHeaderLabels(list(found.names))
        self.table.setVerticalHeaderLabels(list(found.names))
        modes, many = QHeaderView.ResizeMode, count > MANY
        self.table.horizontalHeader().setSectionResizeMode(modes.ResizeToContents if many else modes.Stretch)
        for row in range(count):
            for column in range(count):
                share, frames = float(shares[row, column]), int(found.counts[row, column])
                item = QTableWidgetItem(f"{100 * share:.{0 if many else 1}f}" if frames else "")
                item.setTextAlignment(Qt.AlignmentFlag.AlignCenter)
                item.setBackground(_shade("accent" if row == column else "bad", share))
                heard = len(found.stretches.get((row, column), ()))
                words = f"{found.names[row]} called {found.names[column]}: {frames} {found.counted}"
                item.setToolTip(f"{words}, {heard} stretches to hear")
                self.table.setItem(row, column, item)
        right, whole = found.counts.trace() / max(int(found.counts.sum()), 1), int(found.counts.sum())
        worst = ", ".join(f"{found.names[column]} for {found.names[row]}" for row, column in found.worst())
        often = f"Most often it says {worst}. " if worst else ""
        self.said.setText(
            f"{found.network.name}: {100 * right:.1f} % of {whole} {found.counted} are named rightly. {often}"
            "Rows are what sounds, columns what it is called, in per cent of the row. "
            "Click a cell to hear its stretches."
        )

    def hear(self, row: int, column: int) -> None:
        """The stretches of a cell become the clip, which plays as soon as it can be looked at."""
        clip = self.found.playlist(row, column) if self.found is not None else None
        if clip is None:
            self.window_.wiring.tell("There is nothing to hear in this cell.")
            return
        if self.window_.session.state.transport.live:
            self.window_.listening.stop()
        self.window_.session.set("clip", clip)
        self.window_.playing.expect(0.0)

    def _ended(self, event: Ended | Failed) -> None:
        if event.job == NAME:
            self.button.setEnabled(True)
            if isinstance(event, Failed):
                self.said.setText(event.text)


def _shade(name: str, share: float) -> QColor:
    return theme.current().colour(name, 0.75 * share**0.5)
