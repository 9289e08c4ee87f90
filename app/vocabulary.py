"""The dialog of a recogniser's outputs: which characters, syllables or words it can write, and what they cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QSpinBox,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
)

from engine import units
from engine.events import Ended, Failed, Progress

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from PySide6.QtGui import QShowEvent

    from app.window import Window
    from engine.network import Network
    from engine.units import Counted, Vocabulary

NAME = "vocabulary"
LISTED = 500
"""Syllables and words that are listed: the commonest."""


@dataclass(frozen=True, eq=False)
class Found:
    """What the transcripts hold that a network's task learns from, and the numbers a frame below its head."""

    network: Network
    counted: Counted
    width: int


def count(network: Network) -> Generator[Progress | Found, Any, None]:
    """Count the units of a task's transcripts. Raises CorpusMissing."""
    from engine import build, catalog

    yield Progress(-1.0, "counting what is said")
    task: Any = build.task_of(network)
    module: Any = catalog.load("tasks", network.task)
    yield Found(network, task.counted(), module.width(network.settings))


class Dialog(QDialog):
    """Stays while the window does; the transcripts are counted as it opens."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.window_ = window
        self.found: Found | None = None
        self.setWindowTitle("Outputs")
        self.resize(420, 560)
        self.said, self.table, self.least = QLabel(), QTableWidget(0, 2), QSpinBox()
        self.use, self.all = QPushButton("Use these"), QPushButton("All")
        self.said.setWordWrap(True)
        self.table.setAccessibleName("Outputs")
        self.table.setHorizontalHeaderLabels(["Output", "Times"])
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.table.verticalHeader().hide()
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.itemChanged.connect(lambda _: self.tell())
        self.least.setRange(1, 100)
        self.least.setPrefix("at least ")
        self.least.setSuffix(" times")
        self.least.setAccessibleName("Rarest output")
        self.least.setToolTip("Syllables and words that occur less often have no output")
        self.least.valueChanged.connect(lambda _: self.tell())
        self.use.setToolTip("Build an untrained network that writes exactly these")
        self.use.clicked.connect(self.apply)
        self.all.setToolTip("An output for every character of the transcripts")
        self.all.clicked.connect(self.choose_all)
        row = QHBoxLayout()
        for part in (self.least, self.all):
            row.addWidget(part)
        row.addStretch(1)
        row.addWidget(self.use)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(8)
        column.addWidget(self.said)
        column.addWidget(self.table)
        column.addLayout(row)
        window.wiring.on(Found, self.show_found)
        for kind in (Ended, Failed):
            window.wiring.on(kind, self._ended)
        self._enable(False)

    def showEvent(self, event: QShowEvent) -> None:
        """The outputs of the network of now, unless they are shown already."""
        super().showEvent(event)
        if self.found is None or self.found.network is not self.window_.session.state.network:
            self.start()

    def start(self) -> None:
        """Count what the task of the network that is shown learns from."""
        network = self.window_.session.state.network
        self.found = None
        self._enable(False)
        self._list(network.vocabulary if network is not None else ())
        if network is None or not {"units", "characters", "least"} <= network.task_settings.to_dict().keys():
            name = network.task if network is not None else "no network"
            self.said.setText(
                f"The outputs of {name} are given. Those of speech are chosen here: Model > By recipe > speech."
            )
            return
        self.said.setText("Counting what is said in the recordings…")
        self.window_.wiring.submit("background", NAME, count, network, doing="counting outputs")

    def _list(self, vocabulary: Sequence[str]) -> None:
        """What the network has: it is there before anything is counted, and where nothing can be."""
        with QSignalBlocker(self.table):
            self.table.setRowCount(min(len(vocabulary), LISTED))
            for row, unit in enumerate(vocabulary[:LISTED]):
                name = unit.strip() or ("space" if unit else "blank")
                self.table.setItem(row, 0, QTableWidgetItem(name))
                self.table.setItem(row, 1, QTableWidgetItem(""))

    def show_found(self, found: Found) -> None:
        """A row for each unit, the commonest first; characters have an output where they are ticked."""
        self.found = found
        knobs, kind = found.network.task_settings.to_dict(), found.counted.kind
        written = frozenset(found.network.vocabulary)
        rows = list(found.counted.units.items())[: None if kind == "char" else LISTED]
        with QSignalBlocker(self.table), QSignalBlocker(self.least):
            self.least.setValue(int(knobs["least"]))
            self.table.setRowCount(len(rows))
            for row, (unit, times) in enumerate(rows):
                name, number = QTableWidgetItem(unit.strip()), QTableWidgetItem(f"{times:,}")
                number.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                if kind == "char":
                    name.setFlags(name.flags() | Qt.ItemFlag.ItemIsUserCheckable)
                    name.setCheckState(Qt.CheckState.Checked if unit in written else Qt.CheckState.Unchecked)
                self.table.setItem(row, 0, name)
                self.table.setItem(row, 1, number)
        self._enable(True)
        self.tell()

    def chosen(self) -> Vocabulary:
        """The outputs as they are chosen now."""
        assert self.found is not None
        return self.found.counted.vocabulary(self.least.value(), self._characters())

    def tell(self) -> None:
        """How many outputs, what their head weighs, and which words cannot be written."""
        if self.found is None:
            return
        from engine import device

        made, width = self.chosen(), self.found.width
        weights = units.head(width, made.units)
        share = 100 * made.missing / max(made.among, 1)
        self.said.setText(
            f"{len(made.units):,} outputs with the blank, a head of {weights:,} weights above {width} units: "
            f"{device.told(units.TRAINED * weights)}. "
            f"{made.missing:,} of {made.among:,} words ({share:.1f} %) hold what no output stands for."
        )

    def apply(self) -> None:
        """The network of now with these outputs, untrained."""
        if self.found is None:
            return
        settings = self.found.network.task_settings
        if self.chosen().units == self.found.network.vocabulary:
            self.window_.wiring.tell("These are its outputs already.")
            self.close()
            return
        if self.found.counted.kind == "char":
            wanted = settings.but(characters=self._characters())
        else:
            wanted = settings.but(least=self.least.value())
        self.window_.models.change_task(wanted, "vocabulary")
        self.close()

    def choose_all(self) -> None:
        """Tick every character."""
        with QSignalBlocker(self.table):
            for each in self._items():
                each.setCheckState(Qt.CheckState.Checked)
        self.tell()

    def _characters(self) -> str:
        """Those that are ticked, sorted."""
        if self.found is None or self.found.counted.kind != "char":
            return ""
        return "".join(sorted(e.text() for e in self._items() if e.checkState() == Qt.CheckState.Checked))

    def _items(self) -> list[QTableWidgetItem]:
        found = (self.table.item(row, 0) for row in range(self.table.rowCount()))
        return [each for each in found if each is not None]

    def _enable(self, on: bool) -> None:
        kind = self.found.counted.kind if self.found is not None else "char"
        self.use.setEnabled(on)
        self.all.setVisible(kind == "char")
        self.all.setEnabled(on)
        self.least.setVisible(kind != "char")

    def _ended(self, event: Ended | Failed) -> None:
        if event.job == NAME and isinstance(event, Failed):
            self.said.setText(event.text)
