"""The training panel: how a network is trained, whatever it learns; how it goes; and what its knobs mean."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from engine.knob import knobs
from widgets import theme
from widgets.editor import caption
from widgets.knobs import Form
from widgets.panels.group import Group
from widgets.panels.run import RunHead
from widgets.plot import Line, Mark, Plot, Scale
from widgets.view import Follower

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtGui import QAction

    from engine.knob import Knob, Settings
    from engine.session import Curve, Session

GROUPS = {
    "Learning": ("steps", "batch", "bucket", "lr", "optimiser", "momentum"),
    "Schedule": ("schedule", "warmup", "decay", "decay_every", "plateau"),
    "Regularising": ("weight_decay", "decay_biases", "patience", "monitor", "mixup"),
    "Gradients": ("clip", "clip_value", "alarm", "radius", "bptt", "accumulate"),
    "Evaluation": ("evaluate_every", "evaluate_batches", "train_batches", "snapshot_every"),
    "Machine": (),
}
"""Which knobs stand together; what is not named comes last."""
TIPS = {
    "Learning": "How long, from how much at once, and how fast",
    "Schedule": "How the learning rate changes over the run",
    "Regularising": "What keeps the network from learning its clips by heart",
    "Gradients": "What keeps steps from being too large",
    "Evaluation": "How often it is tried on held-out clips, and shown",
    "Machine": "How it is computed: the result is the same, or nearly",
}
NEEDS = {
    "momentum": ("optimiser", ("sgd",)),
    "decay": ("schedule", ("step", "exponential", "plateau")),
    "decay_every": ("schedule", ("step", "exponential")),
    "plateau": ("schedule", ("plateau",)),
}
"""Knobs that act only beside certain values of another one."""
_PLOTS = {
    "Learning": ("rates", "loss by rate", ("find_rate", "use_rate")),
    "Schedule": ("schedule", "learning rate", ()),
}
"""The plot under a group: its key in the status, its name, and the actions above it."""
_PLOT = 13 * theme.GRID


class TrainingPanel(QWidget):
    """`changed(settings, merge)` comes for every knob turned by hand, `ended` when a drag is over."""

    changed = Signal(object, str)
    ended = Signal()

    def __init__(self, session: Session, actions: Mapping[str, QAction], settings: Settings) -> None:
        super().__init__()
        self.session = session
        self.forms: dict[str, Form] = {}
        self.groups: dict[str, Group] = {}
        self._settings = settings
        self._actions = actions
        self._drawn: dict[str, Curve] = {}
        self._dirty = True
        self._column = column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(8)
        self.head = RunHead(session, actions)
        column.addWidget(self.head)
        self.plots: dict[str, Plot] = {}
        for title in GROUPS:
            group = Group(title, partial(self._make, title), switch=False, tip=TIPS[title])
            self.groups[title] = group
            column.addWidget(group)
        for key in ("training", "status"):
            session.on(key, self._mark)
        self.groups["Learning"].open()

    def tick(self) -> None:
        """Show the settings of the session, and the curves that belong to them."""
        self.head.tick()
        if not self._dirty:
            return
        self._dirty = False
        if self.session.state.training is not None:
            self._settings = self.session.state.training
        for form in self.forms.values():
            self._show(form)
        for title, group in self.groups.items():
            group.say(", ".join(self._turned_in(title)))
        self._draw()

    def dress(self) -> None:
        """After a change of theme."""
        for group in self.groups.values():
            group.dress()

    def _mark(self) -> None:
        self._dirty = True

    def _knobs(self, title: str) -> list[Knob]:
        """Those of a group, in its order; the last group has what is in no other."""
        named = {name for names in GROUPS.values() for name in names}
        wanted = GROUPS[title]
        found = [
            each
            for each in knobs(type(self._settings))
            if each.name in wanted or not (wanted or each.name in named)
        ]
        return sorted(found, key=lambda knob: wanted.index(knob.name)) if wanted else found

    def _turned_in(self, title: str) -> list[str]:
        """What the heading of a folded group tells: its knobs that are not at their defaults."""
        return [
            caption(each).lower()
            for each in self._knobs(title)
            if getattr(self._settings, each.name) != each.default
        ]

    def _make(self, title: str) -> QWidget:
        form = self.forms[title] = Form(self._settings, "training", [each.name for each in self._knobs(title)])
        form.changed.connect(self._turned)
        form.ended.connect(self.ended)
        self._show(form)
        if title not in _PLOTS:
            return form
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(form)
        key, name, actions = _PLOTS[title]
        row = QHBoxLayout()
        for each in actions:
            row.addWidget(Follower(self._actions[each]))
        row.addStretch(1)
        column.addLayout(row)
        plot = self.plots[key] = Plot(name)
        plot.setFixedHeight(_PLOT)
        column.addWidget(plot)
        self._draw()
        return body

    def _turned(self, settings: Settings, merge: str) -> None:
        """Only the knob that was turned: another group may not yet show what the session holds."""
        name = merge.rpartition(".")[2]
        now = self.session.state.training or self._settings
        self.changed.emit(now.but(**{name: getattr(settings, name)}), merge)

    def _show(self, form: Form) -> None:
        if form.settings != self._settings:
            form.show_settings(self._settings)
        for name, (other, values) in NEEDS.items():
            if name in form.editors and other in vars(self._settings):
                idle = getattr(self._settings, other) not in values
                form.disable(name, f"Acts with {other} {' or '.join(values)}." if idle else "")

    def _draw(self) -> None:
        """The Curves that the window has put into the status."""
        for key, plot in self.plots.items():
            found = self.session.state.status.get(key)
            plot.setVisible(found is not None)
            if found is not None and found is not self._drawn.get(key):
                self._drawn[key] = found
                marks = [] if found.mark is None else [Mark(found.mark, f"{found.mark:.2g}", "good", strong=True)]
                line = Line(plot.accessibleName(), found.x.astype(float), found.y.astype(float), end="")
                log = key == "rates"
                plot.put([line], marks, Scale("learning rate" if log else "step", log))
