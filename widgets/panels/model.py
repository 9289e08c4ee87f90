"""The model panel: task, network, its structure, whether it is trained, and the button that trains it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from engine.knob import knobs
from engine.session import IN_TRAINING, UNTRAINED
from widgets.knobs import Form
from widgets.panels.bits import Bits
from widgets.panels.group import Group
from widgets.panels.words import say
from widgets.view import Follower

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtGui import QAction

    from engine.network import Network
    from engine.session import Session

FUTURE = "Live, this is off: it needs the whole future."


class ModelPanel(QWidget):
    """What is chosen by hand is told by signals; the window's wiring finds or builds the network.

    `choices` gives the names of the bundled networks by task. Buttons are the window's own actions.
    """

    task_chosen = Signal(str)
    network_chosen = Signal(str)
    settings_changed = Signal(object, str)
    task_changed = Signal(object, str)
    """Other settings of the task."""
    device_chosen = Signal(str)

    def __init__(self, session: Session, actions: Mapping[str, QAction], devices: tuple[str, ...]) -> None:
        super().__init__()
        self.session = session
        self._choices: Mapping[str, tuple[str, ...]] = {}
        self._live: frozenset[str] = frozenset()
        self._forms: list[Form] = []
        self._asked: Form | None = None
        self._groups: list[Group] = []
        self._dirty = True
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(8)
        grid = QGridLayout()
        grid.setColumnMinimumWidth(0, 76)
        grid.setColumnStretch(1, 1)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(4)
        self.task = self._combo(grid, 0, "Task", "What the network has learnt, and what its output means")
        self.network = self._combo(grid, 1, "Network", "Trained networks that come with the program")
        self.device = self._combo(grid, 2, "Device", "Where the network computes and trains")
        column.addLayout(grid)
        self.task.activated.connect(lambda index: self.task_chosen.emit(self.task.itemText(index)))
        self.network.activated.connect(lambda index: self.network_chosen.emit(self.network.itemText(index)))
        self.device.addItems(devices)
        self.device.activated.connect(lambda index: self.device_chosen.emit(self.device.itemText(index)))
        column.addLayout(self._badges(actions))
        self._forms_column = QVBoxLayout()
        self._forms_column.setSpacing(4)
        column.addLayout(self._forms_column)
        self.field = QLabel()
        self.field.setProperty("role", "muted")
        self.field.setWordWrap(True)
        self.field.setAccessibleName("Receptive field")
        self.field.setToolTip(
            "How much of the sound one step of the convolutions depends on: (1 + sum of (k - 1) "
            "times the strides before) hops long"
        )
        self._forms_column.addWidget(self.field)
        self.bits = Bits(actions["shrink"])
        column.addWidget(self.bits)
        column.addStretch(1)
        for key in ("network", "device", "history", "transport", "jobs"):
            session.on(key, self._mark)
        self.tick()

    def show_choices(self, choices: Mapping[str, tuple[str, ...]], live: frozenset[str]) -> None:
        """The tasks, and for each the bundled networks; while the live view is on, only the `live` ones."""
        self._choices, self._live = choices, live
        with QSignalBlocker(self.task):
            self.task.clear()
            self.task.addItems(list(choices))
        self._mark()

    def tick(self) -> None:
        """Show the network and the training, if anything changed."""
        if not self._dirty:
            return
        self._dirty = False
        state = self.session.state
        self.device.setCurrentText(state.device)
        steps, found = state.history.steps, [each for each in state.history.evaluated if each.split == "valid"]
        words = f"step {steps[-1].step}, loss {steps[-1].loss:.3f}" if steps and "train" in state.jobs else ""
        self.loss.setText(words + (f", error {100 * found[-1].error:.1f} %" if words and found else ""))
        self.loss.setVisible(bool(self.loss.text()))
        if state.network is not None:
            self._show_network(state.network)

    def again(self) -> None:
        """Show the network as it stands, when nothing came of what was chosen by hand."""
        self._mark()

    def dress(self) -> None:
        """After a change of theme."""
        for group in self._groups:
            group.dress()

    def _mark(self) -> None:
        self._dirty = True

    def _combo(self, grid: QGridLayout, row: int, words: str, tip: str) -> QComboBox:
        combo = QComboBox()
        combo.setMinimumContentsLength(8)
        combo.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        label = QLabel(words)
        label.setBuddy(combo)
        combo.setAccessibleName(words)
        for widget in (label, combo):
            widget.setToolTip(tip)
            widget.setWhatsThis(tip)
        grid.addWidget(label, row, 0)
        grid.addWidget(combo, row, 1)
        return combo

    def _badges(self, actions: Mapping[str, QAction]) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(4)
        row = QHBoxLayout()
        self.badge = QLabel()
        self.badge.setAccessibleName("Whether the network is trained")
        self.future = QLabel()
        self.future.setAccessibleName("Look-ahead")
        row.addWidget(self.badge)
        row.addWidget(self.future)
        row.addStretch(1)
        self.train = Follower(actions["train"], " training")
        reset = Follower(actions["reset_network"])
        reset.setAccessibleName("Reset the network")
        row.addWidget(reset)
        row.addWidget(self.train)
        column.addLayout(row)
        self.loss = QLabel()
        self.loss.setProperty("role", "muted")
        self.loss.setAccessibleName("Loss")
        column.addWidget(self.loss)
        return column

    def _show_network(self, network: Network) -> None:
        self.task.setCurrentText(network.task)
        names = list(self._choices.get(network.task, ()))
        if self.session.state.transport.live:
            names = [name for name in names if name in self._live]
        if network.name not in names:
            names.insert(0, network.name)
        with QSignalBlocker(self.network):
            self.network.clear()
            self.network.addItems(names)
            self.network.setCurrentText(network.name)
        stands = self.session.state.stands
        say(self.badge, stands, "badge" if stands in (UNTRAINED, IN_TRAINING) else "good")
        ahead, told = looks_ahead(network)
        say(self.future, ahead, "muted" if network.live else "badge")
        self.future.setToolTip(told)
        field = network.receptive
        self.field.setText(f"Convolutions see {field}." if field is not None else "")
        self.field.setVisible(field is not None)
        self.bits.show_network(network.id)
        kinds = type(network.settings), type(network.task_settings)
        if self._asked is None or (type(self._forms[0].settings), type(self._asked.settings)) != kinds:
            self._build(network)
        if self._asked is not None and self._asked.settings != network.task_settings:
            self._asked.show_settings(network.task_settings)
        for form in self._forms:
            if form.settings != network.settings:
                form.show_settings(network.settings)
            if "bidirectional" in form.editors:
                form.disable("bidirectional", FUTURE if self.session.state.transport.live else "")

    def _build(self, network: Network) -> None:
        """The structure stands open; what only training heeds, and what is learnt, is folded."""
        for old in (*self._forms, *self._groups, *([self._asked] if self._asked is not None else [])):
            old.deleteLater()
        self._forms, self._groups = [], []
        declared = knobs(type(network.settings))
        now, later = (
            [each.name for each in declared if (each.effect == "restart") is wait] for wait in (False, True)
        )
        structure = Form(network.settings, network.model, now)
        self._forms.append(structure)
        self._forms_column.insertWidget(0, structure)
        if later:
            waiting = Form(network.settings, network.model, later)
            group = Group("Dropout", lambda: waiting, switch=False, tip="What only training heeds")
            self._forms.append(waiting)
            self._groups.append(group)
            self._forms_column.addWidget(group)
        self._asked = asked = Form(network.task_settings, network.task)
        tip = "What is learnt, from what, and how it is heard: with other knobs a network begins anew"
        self._groups.append(Group("Task", lambda: asked, switch=False, tip=tip))
        self._forms_column.addWidget(self._groups[-1])
        asked.changed.connect(self.task_changed)
        for each in self._forms:
            each.changed.connect(self.settings_changed)
        for each in (*self._forms, asked):
            each.ended.connect(self.session.end_merge)


def looks_ahead(network: Network) -> tuple[str, str]:
    """How much of what follows a moment a network hears before it answers, and what waits for it."""
    if not network.live:
        return "look-ahead ∞", "Each output needs the whole sound: it cannot run live."
    latency = network.latency
    if latency.total is None:
        return "causal", "Each output needs only the past; but live its features go by what was heard so far."
    parts = {"for the rest of a frame": latency.features, "for frames to come": latency.network}
    parts["by which it is trained to answer late"] = latency.delay
    said = ", ".join(f"{1000 * seconds:.0f} ms {words}" for words, seconds in parts.items() if seconds)
    total = f"{1000 * latency.total:.0f} ms"
    needs = (
        f"What it says of a moment needs {total} of the sound after it: {said}." if said else "It needs the past."
    )
    return f"look-ahead {total}", f"{needs} It can run live."
