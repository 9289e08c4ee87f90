"""The docks around the lanes: what is in them, the workspaces that arrange them, and how that is remembered."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtWidgets import QDockWidget, QFrame, QScrollArea, QTabBar, QVBoxLayout, QWidget

from app.connecting import connect
from app.lanesets import LaneSets
from app.preferences import LAYOUT
from engine import catalog, denoising, device, generate
from engine.links import role
from engine.melody import NAMES
from widgets.panels.activation import ActivationPanel
from widgets.panels.captions import CaptionsPanel
from widgets.panels.chain import ChainPanel
from widgets.panels.denoise import DenoisePanel
from widgets.panels.learn import LearnPanel
from widgets.panels.melody import MelodyPanel
from widgets.panels.model import ModelPanel
from widgets.panels.monitor import MonitorPanel
from widgets.panels.picture import PicturePanel
from widgets.panels.script import ScriptPanel
from widgets.panels.training import TrainingPanel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.window import Window
    from widgets.view import View

VIEWS = "widgets.views"
PAUSE = 0.15
"""Seconds between two looks at the views in the docks."""
LEFT, RIGHT, BOTTOM = (
    Qt.DockWidgetArea.LeftDockWidgetArea,
    Qt.DockWidgetArea.RightDockWidgetArea,
    Qt.DockWidgetArea.BottomDockWidgetArea,
)
WORKSPACES = {
    "Explore": ("sound", "masks", "model", "inspector", "metrics"),
    "Train": ("model", "training", "metrics", "curves"),
    "Denoise": ("sound", "denoise", "quality", "breakmap"),
    "Live": ("sound", "model", "captions", "monitor", "inspector"),
    "Create": ("melody", "chances"),
    "Learn": ("learn",),
}
"""The docks that each shows; the lanes and the transport are always there."""
_PANELS = {"sound": 300, "masks": 120, "model": 260, "training": 420, "melody": 640, "denoise": 400}
"""The docks of knobs, with their share of the height in pixels."""
_TALL = {"captions": 520, "script": 520, "monitor": 430, "curves": 480, "diagram": 560, "activation": 560}
"""Docks of views that are worth more of the height than they ask for."""
_WIDTH = {LEFT: 304, RIGHT: 288}
_PAGE = 520
"""Pixels of the left side where a page is read there."""
_NO_MASKS = "No masks in this chain. Reset the sound chain (Ctrl+R) to have them back."
_NO_SOUND = "No stages in this chain. Reset the sound chain (Ctrl+R) to have them back."


class Panel(QScrollArea):
    """A dock's content that scrolls when the dock is low, and is never narrower than its controls."""

    def __init__(self, hint: int) -> None:
        super().__init__()
        self._inside: QWidget | None = None
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # what is inside scrolls into sight when it gets the focus
        self._hint = hint

    def fill(self, *parts: QWidget) -> None:
        """Put the parts in, one below the other."""
        self._inside = QWidget()
        column = QVBoxLayout(self._inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for part in parts:
            column.addWidget(part)
        column.addStretch(1)
        self.setWidget(self._inside)

    def sizeHint(self) -> QSize:
        return QSize(_WIDTH[LEFT], self._hint)

    def minimumSizeHint(self) -> QSize:
        inside = self._inside
        return QSize(inside.minimumSizeHint().width() + 12 if inside is not None else 240, 72)


class _Place(QWidget):
    """A dock's content that takes all of its height, and comes after the first paint."""

    def fill(self, content: QWidget) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(content)

    def sizeHint(self) -> QSize:
        return QSize(_WIDTH[RIGHT], 430)


def _least(window: Window) -> int:
    """Pixels of height that all that is shown needs."""
    layout = window.layout()
    assert layout is not None
    layout.activate()
    return layout.totalMinimumSize().height()  # with the menu bar


class Docks:
    """Makes the docks, ticks what is in them, stores and restores where they are."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.docks: dict[str, QDockWidget] = {}
        self.views: list[View] = []
        self._looked = -math.inf
        self._size = window.size()
        """Of the window at the last tick."""
        self.workspace = "Explore"
        self._filled = False
        self.lane_sets = LaneSets(window.lanes)
        self._panels = {name: Panel(hint) for name, hint in _PANELS.items()}
        for name, panel in self._panels.items():
            self._add(name, name.capitalize(), LEFT, panel)
        self._add_views()
        self._edited = False
        window.session.on("edits", self._edits)
        self.learn = LearnPanel(window.session)
        self._add("learn", "Learn", LEFT, self.learn)
        for name, title in (("monitor", "Live denoising"), ("activation", "Activation")):
            self._panels[name] = Panel(_TALL[name])
            self._add(name, title, RIGHT, self._panels[name])
        self._places = {name: _Place() for name in ("captions", "script")}
        for name, place in self._places.items():
            self._add(name, name.capitalize(), RIGHT, place)
        window.setDockOptions(
            window.DockOption.AnimatedDocks
            | window.DockOption.AllowNestedDocks
            | window.DockOption.AllowTabbedDocks
        )
        bar = QDockWidget("Transport", window)
        bar.setObjectName("transport")
        bar.setTitleBarWidget(QWidget())
        bar.setFeatures(QDockWidget.DockWidgetFeature.NoDockWidgetFeatures)
        bar.setWidget(window.transport)
        window.addDockWidget(BOTTOM, bar)
        self.arrange("Explore")
        for name in ("diagram", "activation"):
            window.tabifyDockWidget(self.docks["inspector"], self.docks[name])
        window.tabifyDockWidget(self.docks["inspector"], self.docks["edits"])
        for name in ("decoding", "diff", "pipeline"):
            window.tabifyDockWidget(self.docks["metrics"], self.docks[name])
        for name in ("monitor", "script"):
            window.tabifyDockWidget(self.docks["captions"], self.docks[name])
        window.session.on("pointed", self.hurry)
        self._first = window.saveState(LAYOUT)

    def fill(self) -> None:
        """Make the knobs: after the first paint, so that the window shows sooner."""
        window, session, roles = self.window, self.window.session, ("source", "sound")
        self.sound = ChainPanel(session, lambda link: role(link) in roles, _NO_SOUND)
        self.picture = PicturePanel(session)
        self.masks = ChainPanel(session, lambda link: role(link) == "mask", _NO_MASKS)
        self.model = ModelPanel(session, window.actions_by_name, device.CHOICES)
        self.training = TrainingPanel(session, window.actions_by_name, window.runs.settings)
        self.melody = MelodyPanel(session, window.actions_by_name, NAMES, generate.Settings())
        self.denoise = DenoisePanel(session, window.actions_by_name, denoising.Options())
        menus = {name: window.actions_by_name.menus[name] for name in ("input", "output")}
        self.monitor = MonitorPanel(session, window.actions_by_name, menus)
        self.activation = ActivationPanel()
        self.captions = CaptionsPanel(session, window.actions_by_name)
        self.script = ScriptPanel(session)
        connect(self)
        self._panels["sound"].fill(self.sound, self.picture)
        for name in ("masks", "model", "training", "melody", "denoise"):
            self._panels[name].fill(getattr(self, name))
        for name in ("monitor", "activation"):
            self._panels[name].fill(getattr(self, name))
        for name, place in self._places.items():
            place.fill(getattr(self, name))
        self._filled = True

    def tick(self, early: bool) -> None:
        """Bring what can be seen up to date. While a knob is dragged, words and curves follow the lanes at a
        slower pace: they are read, not watched, and every millisecond that they take the lanes would wait.
        `early`: a picture has just been painted, so that the next one is not near.
        """
        if self._filled:
            self.model.tick()
            self.training.tick()
            self.melody.tick()
            self.denoise.tick()
            self.monitor.tick()
            self.captions.tick()
            self.script.tick()
            self.learn.tick()
        self._size, now = self.window.size(), time.monotonic()
        if now - self._looked >= (PAUSE if early else 2 * PAUSE):
            self._looked = now
            for bar in self.window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly):
                bar.setAccessibleName("Panels that share a place")  # Qt makes them as panels are put there
            self.window.dissecting.tick()
            for view in self.views:
                view.tick()

    def hurry(self) -> None:
        """At the next tick, look at the views."""
        self._looked = -math.inf

    def arrange(self, workspace: str) -> None:
        """Show the docks of a workspace and hide the others. Raises KeyError."""
        shown = WORKSPACES[workspace]
        self.workspace = workspace
        self._place_line()
        self.lane_sets.arrange(workspace)
        self.window.enhancing.switch(workspace == "Denoise")
        for name, dock in self.docks.items():
            dock.setVisible(name in shown)
        if "captions" in shown:
            self.docks["captions"].raise_()
        for area, usual in _WIDTH.items():
            width = _PAGE if area == LEFT and "learn" in shown else usual
            inside = [self.docks[name] for name in shown if self.window.dockWidgetArea(self.docks[name]) == area]
            self.window.resizeDocks(inside, [width] * len(inside), Qt.Orientation.Horizontal)
            heights = [
                _TALL.get(name, self.docks[name].widget().sizeHint().height())
                for name in shown
                if self.docks[name] in inside
            ]
            self.window.resizeDocks(inside, heights, Qt.Orientation.Vertical)

    def show(self, names: Sequence[str]) -> None:
        """Let lanes and docks be seen, whatever the workspace; names that are neither are passed over."""
        for name in names:
            if name in self.window.lanes.lanes:
                self.window.lanes.show_lane(name, True)
            elif name in self.docks:
                dock, before = self.docks[name], self.window.size()
                dock.show()
                self._make_room(dock, before)
                dock.raise_()
                if name in _TALL:
                    self.window.resizeDocks([self.docks[name]], [_TALL[name]], Qt.Orientation.Vertical)

    def in_sight(self, name: str) -> bool:
        """Whether a dock is shown and no other one lies before it: Qt calls those behind a tab visible."""
        return not self.docks[name].widget().visibleRegion().isEmpty()

    def _toggled(self, dock: QDockWidget, on: bool) -> None:
        """From the menu: it is shown already, and the window about to grow."""
        if on:
            size = self._size
            QTimer.singleShot(0, dock, lambda: self._make_room(dock, size))
            dock.raise_()

    def _make_room(self, dock: QDockWidget, size: QSize) -> None:
        """In a window of this size, one dock too many for its height shares the place of the lowest one: else the
        window would grow beyond the screen.
        """
        window = self.window
        if dock.isFloating():
            return
        if _least(window) > size.height() and (others := self._stacked(dock)):
            window.tabifyDockWidget(max(others, key=lambda each: each.geometry().top()), dock)
        if _least(window) <= size.height() < window.height():
            window.resize(size)  # while a dock is shown it may have grown

    def _stacked(self, dock: QDockWidget) -> list[QDockWidget]:
        """The docks above and below one at its side of the window; none of one that shares a place already."""
        window = self.window
        if any(each.isVisible() for each in window.tabifiedDockWidgets(dock)):
            return []
        area, others = window.dockWidgetArea(dock), (each for each in self.docks.values() if each is not dock)
        shown = (each for each in others if each.isVisible() and not each.isFloating())
        return [each for each in shown if window.dockWidgetArea(each) == area]

    def restore(self) -> None:
        """As the program was left; as at the first start where that cannot be read."""
        stored = self.window.preferences
        geometry, state, lanes = stored.bytes("geometry"), stored.bytes("state"), stored.get("lanes")
        if geometry is not None:
            self.window.restoreGeometry(geometry)
        if state is not None and self.window.restoreState(state, LAYOUT):
            self.workspace = stored.get("workspace", "Explore")
            self._place_line()
            self.window.enhancing.switch(self.workspace == "Denoise")
        if lanes:
            self.window.lanes.restore(lanes)
            self.lane_sets.restore(self.workspace, stored.get("other lanes"))

    def store(self) -> None:
        stored = self.window.preferences
        stored.set("geometry", self.window.saveGeometry())
        stored.set("state", self.window.saveState(LAYOUT))
        stored.set("lanes", self.window.lanes.saved())
        stored.set("other lanes", self.lane_sets.saved())
        stored.set("workspace", self.workspace)

    def reset(self) -> None:
        """Panels and lanes as at the first start."""
        self.window.restoreState(self._first, LAYOUT)
        self.arrange("Explore")
        self.window.lanes.reset()

    def dress(self) -> None:
        """After a change of theme."""
        for panel in (self.sound, self.masks, self.picture, self.model, self.training) if self._filled else ():
            panel.dress()
        self.learn.dress()
        if self._filled:
            self.activation.dress()
            self.captions.dress()
            self.script.dress()

    def _edits(self) -> None:
        """The first edit brings the list of them, and with it their values, into sight."""
        edited = bool(self.window.session.state.edits)
        if edited and not self._edited:
            self.docks["edits"].show()
            self.docks["edits"].raise_()
        self._edited = edited

    def _place_line(self) -> None:
        """In the Train workspace the time line of the training is always there."""
        self.window.timeline.always = self.workspace == "Train"
        self.window.timeline.mark()

    def _add_views(self) -> None:
        """Every view of the catalog that is no lane, by its order."""
        found = [(catalog.load(VIEWS, name), name) for name in catalog.names(VIEWS)]
        for module, name in sorted(found, key=lambda pair: getattr(pair[0], "ORDER", 99)):
            if not getattr(module, "LANE", False):
                view = module.View(self.window.session)
                self.views.append(view)
                self._add(name, module.TITLE, RIGHT, view)

    def _add(self, name: str, title: str, area: Qt.DockWidgetArea, content: QWidget) -> None:
        dock = QDockWidget(title, self.window)
        dock.setObjectName(name)
        dock.setWidget(content)
        dock.setAccessibleName(f"{title} panel")
        dock.toggleViewAction().triggered.connect(lambda on: self._toggled(dock, on))
        self.window.addDockWidget(area, dock)
        self.docks[name] = dock
