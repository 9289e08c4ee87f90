"""The dialog that compares networks: who takes part, the table, errors over parameters and over length, advice."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
)

from app import compare, contest
from app.comparing import NETWORKS
from engine.comparison import LONG, SIDES, remember, uneven
from engine.events import Ended, Failed
from engine.knob import Settings, knob
from widgets.comparison import curves, pareto, room
from widgets.knobs import Form
from widgets.plot import Plot

if TYPE_CHECKING:
    from app.window import Window

NAME = "contest"
AXES = {"seqlen": "length", "look_ahead": "look-ahead"}
UNITS = {"seqlen": "length", "look_ahead": "latency in ms"}
"""By what the curves are drawn."""


@dataclass(frozen=True)
class Wish(Settings):
    """What is to be compared."""

    task: str = knob(
        "copy", choices=("copy", "garden", "melody", "phonemes", "phones"),
        help="What all of them learn; phones are of real speech, which lies in OTOSCOPE_DATA",
    )  # fmt: skip
    dense: bool = knob(True, help="A network without memory: it judges every frame by itself")
    rnn: bool = knob(True, label="RNN", help="The plain recurrent cell")
    lstm: bool = knob(True, label="LSTM", help="The cell with input, forget and output gate")
    gru: bool = knob(True, label="GRU", help="The cell with reset and update gate")
    budget: int = knob(
        10_000, 0, 1_000_000, choices=(0, 5_000, 10_000, 40_000, 100_000),
        help="Parameters: each network gets the size that comes nearest to it; 0: the sizes of the recipe",
    )  # fmt: skip
    seeds: int = knob(3, 1, 10, help="Trainings of each: without three or more nothing is known of chance")
    steps: int = knob(200, 10, 5000, log=True, help="Batches that each training learns from")
    length: int = knob(
        5, 0, 200,
        help="For the curve: how long a sequence of the task is: the delay of copy, the bars of a melody, "
        "the words of a phoneme clip",
    )  # fmt: skip
    look_ahead: int = knob(
        8, 0, 20, unit="frames",
        help="For the curve: how many frames late phonemes are named, so that what follows them is heard too",
    )  # fmt: skip

    @property
    def networks(self) -> tuple[str, ...]:
        return tuple(name for name in NETWORKS if getattr(self, name))


def joined(one: contest.At, other: contest.At) -> contest.At:
    """Two measurements at one value: the networks of both, the later figures of those in both."""
    return replace(
        other,
        errors={**one.errors, **other.errors},
        places={**one.places, **other.places},
        parameters={**one.parameters, **other.parameters},
    )


class Dialog(QDialog):
    """Stays while the window does. The trainings go on while it is closed; what they found is kept on disk."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.window_ = window
        self.setWindowTitle("Compare networks")
        self.resize(1040, 680)
        self.found: dict[str, Any] = {}
        self.at: dict[tuple[Any, ...], contest.At] = {}
        self.running = False
        self.form = Form(Wish(), "comparison")
        self.compare_button, self.length_button = QPushButton("Compare"), QPushButton("Measure at this length")
        self.ahead_button = QPushButton("Measure at this look-ahead")
        self.stop_button = QPushButton("Stop")
        self.compare_button.setToolTip("Train all of them with every seed, and set them side by side")
        self.length_button.setToolTip("One more point of each curve")
        self.ahead_button.setToolTip("One more point of each curve of error over latency")
        self.compare_button.clicked.connect(self.compare)
        self.length_button.clicked.connect(lambda: self.measure("seqlen", self.wish.length))
        self.ahead_button.clicked.connect(lambda: self.measure("look_ahead", self.wish.look_ahead))
        self.stop_button.clicked.connect(self.stop)
        self.said, self.advice = QLabel(), QLabel()
        for label, name in ((self.said, "What is done"), (self.advice, "Advice")):
            label.setWordWrap(True)
            label.setAccessibleName(name)
        self.said.setProperty("role", "muted")
        self.table = QTableWidget(0, len(SIDES))
        self.pareto = Plot("Error over parameters", "Compare some networks: each is a point here.")
        self.curve = Plot(
            "Error over length or latency",
            "Measure at a few lengths or look-aheads: each network is a curve here.",
        )
        self._lay_out()
        window.wiring.on(contest.Measured, lambda event: self.show_found(dict(event.found)))
        window.wiring.on(contest.At, self.show_at)
        for kind in (Ended, Failed):
            window.wiring.on(kind, self._ended)
        window.session.on("jobs", self._mark)
        self._mark()

    @property
    def wish(self) -> Wish:
        found = self.form.settings
        assert isinstance(found, Wish)
        return found

    def compare(self) -> None:
        """Train and measure all that is chosen."""
        wish = self.wish
        self._submit(
            contest.whole, wish.networks, wish.seeds, wish.steps, wish.budget, name=f"comparing on {wish.task}"
        )

    def measure(self, axis: str, value: int) -> None:
        """The errors at the length or the look-ahead that is chosen."""
        wish = self.wish
        terms = wish.seeds, wish.steps, wish.budget
        self._submit(contest.at_value, wish.networks, *terms, axis, value, name=f"{AXES[axis]} {value}")

    def stop(self) -> None:
        self.window_.wiring.workers["train"].stop(NAME)

    def show_found(self, found: dict[str, Any]) -> None:
        """The table, the picture and the advice of a comparison."""
        self.found = found
        self.table.setRowCount(len(found["networks"]))
        self.table.setVerticalHeaderLabels(list(found["networks"]))
        for line, row in enumerate(found["networks"].values()):
            for column, side in enumerate(SIDES):
                item = QTableWidgetItem(compare.cell(side, row[side]))
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.table.setItem(line, column, item)
        for column, side in enumerate(SIDES):
            known = any(row[side]["mean"] is not None for row in found["networks"].values())
            self.table.setColumnHidden(column, not known)
        lines, x, y = pareto(found)
        self.pareto.put(lines, (), x, y)
        self.pareto.set_span(room(lines, x))
        self.advice.setText(found["advice"])

    def show_at(self, event: contest.At) -> None:
        """One more point of each curve of the task; those of other seeds, steps or budgets are left out."""
        key = event.task, event.axis, event.terms, event.value
        self.at[key] = joined(self.at[key], event) if key in self.at else event
        alike = [each for each in self.at.values() if (each.task, each.axis) == (event.task, event.axis)]
        mine = [each for each in alike if each.terms == event.terms]
        rows = [
            {"network": name, "x": each.places[name], **error}
            for each in mine
            for name, error in each.errors.items()
        ]
        axis = f"{event.task}, {UNITS[event.axis]}"
        lines, x, y = curves(rows, axis, event.chance, log=event.axis == "seqlen")
        self.curve.put(lines, (), x, y)
        self.curve.set_span(room(lines, x))
        found: dict[str, dict[float, Any]] = {}
        for row in rows:
            found.setdefault(row["network"], {})[row["x"]] = row
        words = [uneven(self.at[key].parameters)]
        if event.task == "copy" and event.axis == "seqlen" and "rnn" in found:
            words += [remember(found, "rnn", each, LONG) for each in ("lstm", "gru") if each in found]
        if len(alike) > len(mine):
            words.append(f"Points of other seeds, steps or budgets are left out: {len(alike) - len(mine)}.")
        self.advice.setText(" ".join(filter(None, words)))

    def _submit(self, function: Any, texts: tuple[str, ...], *more: Any, name: str) -> None:
        window = self.window_
        if not texts:
            self.said.setText("Choose at least one network.")
            return
        if window.runs.training:
            self.said.setText("A training runs: stop it first, so that the times that are measured are true.")
            return
        asked = (self.wish.task, texts, *more, window.runs.folder / "compared", window.session.state.device)
        self.said.setText("Preparing…")
        self.running = True
        window.wiring.submit("train", NAME, function, *asked, doing=name)
        self._mark()

    def _ended(self, event: Ended | Failed) -> None:
        if event.job == NAME:
            self.running = False
            stopped = isinstance(event, Ended) and event.stopped
            kept = "Stopped; what was learnt is kept, and gone on with the next time." if stopped else ""
            self.said.setText(event.text if isinstance(event, Failed) else kept)
            self._mark()

    def _mark(self) -> None:
        """Which buttons can be pressed, and how far it is."""
        progress = self.window_.session.state.jobs.get(NAME)
        if self.running and progress is not None and progress.doing:
            self.said.setText(progress.doing)
        for button in (self.compare_button, self.length_button, self.ahead_button):
            button.setEnabled(not self.running)
        self.stop_button.setEnabled(self.running)

    def _lay_out(self) -> None:
        left, right, plots = QVBoxLayout(), QVBoxLayout(), QHBoxLayout()
        left.addWidget(self.form)
        for button in (self.compare_button, self.length_button, self.ahead_button, self.stop_button):
            button.setAutoDefault(False)
            left.addWidget(button)
        left.addWidget(self.said)
        left.addStretch(1)
        self.table.setHorizontalHeaderLabels(list(SIDES.values()))
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.setAccessibleName("Comparison")
        self.table.setFixedHeight(176)
        for plot in (self.pareto, self.curve):
            plots.addWidget(plot, 1)
        right.addWidget(self.table)
        right.addLayout(plots, 1)
        right.addWidget(self.advice)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 16, 16, 16)
        row.setSpacing(16)
        row.addLayout(left)
        row.addLayout(right, 1)
        self.form.setFixedWidth(272)
        self.said.setFixedWidth(272)
