"""Hear the state: what is left of the sound at a depth of the network, and in units of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, QSize
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QLineEdit, QPushButton, QToolButton, QVBoxLayout

from engine.session import Depth
from engine.trace import named, units
from widgets import theme
from widgets.number import Groove
from widgets.panels.words import say
from widgets.strip import MINUS
from widgets.view import View as Base

if TYPE_CHECKING:
    from PySide6.QtGui import QHideEvent, QShowEvent
    from PySide6.QtWidgets import QWidget

    from engine.events import Decoded
    from engine.session import Session
    from engine.trace import Direction

TITLE = "Hear the state"
LANE = False
ORDER = 40
_ABOUT = (
    "A ridge regression reads the spectrogram back from the states. It is learnt on bundled speech and, unless it "
    "is very short, on this clip: each part of it is read by what was learnt on the others. Correlation: between "
    "what is read and what was heard, 1 where nothing is lost; shuffled: the same for states in another order."
)


class View(Base):
    """While it can be seen, the depth that it shows is asked for; its sound is `State` in the transport."""

    TITLE = TITLE

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._depth = Depth()
        self.slider = Groove()
        self.slider.setRange(0, 1)
        self.slider.setAccessibleName("Depth")
        self.slider.setToolTip("From what the network hears (left) to its last layer (right)")
        self.place = QLabel()
        self.units = QLineEdit()
        self.units.setPlaceholderText("all; or as 1,5-9")
        self.units.setAccessibleName("Units that are heard")
        self.units.setToolTip("In a layer of both directions backward units are counted after the forward ones")
        self.without = _button("without", "Hear all units but these")
        self.without.setCheckable(True)
        self.solo = _button("Solo", "Hear the unit that was clicked, alone")
        self.mute = _button("Mute", "Leave the unit that was clicked out")
        self.all = _button("All", "Hear all units of the layer")
        self.figure = QLabel()
        self.figure.setToolTip(_ABOUT)
        self.figure.setWhatsThis(_ABOUT)
        self.figure.setWordWrap(True)
        self.hear = QPushButton("Hear it")
        self.hear.setToolTip("Play it; key 5 switches to it at any time, key 2 back to the sound")
        self._arrange()
        self.slider.valueChanged.connect(lambda value: self._ask(layer=value, units=(), without=False))
        self.units.editingFinished.connect(self._typed)
        self.without.toggled.connect(lambda on: self._ask(without=on))
        self.solo.clicked.connect(lambda: self._one(without=False))
        self.mute.clicked.connect(lambda: self._one(without=True))
        self.all.clicked.connect(lambda: self._ask(units=(), without=False))
        self.hear.clicked.connect(self._play)
        self.watch("network", "traced", "decoded", "depth", "jobs")
        self.watch("cursor")

    def sizeHint(self) -> QSize:
        return QSize(30 * theme.GRID, 22 * theme.GRID)

    def minimumSizeHint(self) -> QSize:
        return QSize(26 * theme.GRID, 18 * theme.GRID)

    def refresh(self) -> None:
        state = self.session.state
        layers = _layers(self.session)
        if not layers:
            self.say("A recurrent network and a sound have to be there: open them, and their states can be heard.")
            return
        self.say("")
        self._fit()
        with QSignalBlocker(self.slider), QSignalBlocker(self.without):
            self.slider.setRange(0, layers)
            self.slider.setValue(self._depth.layer)
            self.without.setChecked(self._depth.without)
        layer = self._depth.layer
        self.place.setText(f"layer {layer} of {layers}" if layer else "what it hears")
        if not self.units.hasFocus():
            self.units.setText(named(self._depth.units))
        key, unit = state.cursor.key, state.cursor.unit
        here = key is not None and key.layer > 0 and unit is not None
        arrow = " ←" if key is not None and key.direction == "backward" else ""
        for button, word in ((self.solo, "Solo"), (self.mute, "Mute")):
            button.setText(f"{word} {unit}{arrow}" if here else word)
            button.setEnabled(here)
        self._show(state.decoded)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._fit()
        self.session.set("depth", self._depth)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.session.set("depth", None)

    def _fit(self) -> None:
        """Another network may have fewer layers, or other units."""
        layers, chosen = _layers(self.session), self._depth.units
        layer = min(self._depth.layer, layers)
        beyond = layer != self._depth.layer or (chosen and chosen[-1] >= _width(self.session, layer))
        if layers and beyond:
            self._depth = Depth(layer)
            if self.session.state.depth is not None:
                self.session.set("depth", self._depth)

    def _show(self, decoded: Decoded | None) -> None:
        fresh = decoded is not None and decoded.depth == self._depth
        self.hear.setEnabled(fresh)
        if decoded is None or not fresh:
            say(self.figure, "listening through the network …", "muted")
            return
        say(
            self.figure,
            f"correlation {decoded.correlation:.2f}\nshuffled {decoded.shuffled:.2f}".replace("-", MINUS)
            + f"\nlearnt on {decoded.learnt}",
            "value",
        )

    def _ask(self, **changes: object) -> None:
        self._depth = replace(self._depth, **changes)  # type: ignore[arg-type] # the fields of a Depth
        self.session.set("depth", self._depth)
        self.mark()

    def _typed(self) -> None:
        try:
            chosen = units(self.units.text())
        except ValueError as error:
            say(self.figure, str(error), "bad")
            return
        count = _width(self.session, self._depth.layer)
        if chosen and chosen[-1] >= count:
            say(self.figure, f"there is no unit {chosen[-1]}; this layer has 0 to {count - 1}", "bad")
        elif chosen != self._depth.units:
            self._ask(units=chosen)

    def _one(self, without: bool) -> None:
        """The unit that was clicked alone, or without it; one that is muted too joins those."""
        cursor = self.session.state.cursor
        if cursor.key is None or cursor.unit is None:
            return
        layer, unit = cursor.key.layer, cursor.unit
        if cursor.key.direction == "backward":  # those come after the forward ones
            unit += _width(self.session, layer, "forward")
        same = layer == self._depth.layer and self._depth.without and without
        chosen = {*self._depth.units, unit} if same else {unit}
        self._ask(layer=layer, units=tuple(sorted(chosen)), without=without)

    def _play(self) -> None:
        window, transport = self.window(), self.session.state.transport
        for name, wanted in (("hear:state", True), ("play", not transport.playing)):
            action = window.findChild(QAction, name)
            if wanted and action is not None:
                action.trigger()

    def _arrange(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(theme.GRID)
        grid.setVerticalSpacing(theme.GRID // 2)
        grid.setColumnStretch(1, 1)
        for row, (word, *parts) in enumerate(
            (("Depth", self.slider, self.place), ("Units", self.units, self.without))
        ):
            label = QLabel(word)
            label.setProperty("role", "muted")
            grid.addWidget(label, row, 0)
            for place, part in enumerate(parts, 1):
                grid.addWidget(part, row, place)
        chosen, heard = QHBoxLayout(), QHBoxLayout()
        for button in (self.solo, self.mute, self.all):
            chosen.addWidget(button)
        chosen.addStretch(1)
        heard.addWidget(self.hear)
        heard.addWidget(self.figure, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GRID, theme.GRID, theme.GRID, theme.GRID)
        column.setSpacing(theme.GRID)
        column.addLayout(grid)
        column.addLayout(chosen)
        column.addLayout(heard)
        column.addStretch(1)


def _button(words: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setText(words)
    button.setToolTip(tip)
    button.setWhatsThis(tip)
    button.setAccessibleName(tip)
    return button


def _width(session: Session, layer: int, *ways: Direction) -> int:
    """How many units a depth of what was inspected has, in some directions or in both."""
    if session.state.traced is None:
        return 0
    trace = session.state.traced.trace
    mine = (key for key in trace.find("h" if layer else "features") if key.layer == layer)
    return sum(trace.series[key].values.shape[1] for key in mine if not ways or key.direction in ways)


def _layers(session: Session) -> int:
    """The recurrent layers of what was inspected."""
    traced = session.state.traced
    return max((key.layer for key in traced.trace.find("h")), default=0) if traced is not None else 0
