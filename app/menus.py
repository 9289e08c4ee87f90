"""The menus whose lines are found at run time, and the ticks that follow the session."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QToolButton, QWidget

from app import jobs, probes
from app.captioning import TRANSCRIBE
from app.hearkeys import HearKeys
from app.layout import WORKSPACES
from app.shrinking import Shrunk
from engine import device

if TYPE_CHECKING:
    from app.window import Window

SORTS = (
    ("index", "By &index", "Ctrl+I"),
    ("correlation", "By &correlation", "Ctrl+Shift+I"),
    ("peak", "By &peak time", "Ctrl+Alt+I"),
)

PANEL_KEYS = (
    *(f"{held}+{digit}" for held in ("Alt", "Alt+Shift") for digit in "1234567890"),
    *(f"Alt+Shift+F{number}" for number in range(5, 13)),
)


class Menus:
    """Fills submenus, and keeps ticks, words and greyed lines in step with the session, once a tick."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.actions = window.actions_by_name
        self._dirty = True
        self._networks: list[str] = []
        self._live: frozenset[str] = frozenset()
        self._fill()
        self._corner()
        watched = ("transport", "network", "device", "jobs", "sort", "history", "compared", "clip", "selection")
        more = ("edits", "memory", "decoded", "seaming", "melodies", "audible", "enhanced", "monitoring")
        for key in (*watched, *more, "captions"):
            window.session.on(key, self.mark)
        window.wiring.on(jobs.Listed, self._listed)
        window.wiring.on(Shrunk, self._shrunk)
        self.actions.menus["recent"].aboutToShow.connect(self._recent)
        self.actions.menus["examples"].aboutToShow.connect(self._examples)
        self.actions.menus["recipes"].aboutToShow.connect(self._recipes)
        for name in ("picture", "copy"):
            self.actions.menus[name].aboutToShow.connect(self._pictures)
        for name in ("input", "output"):
            self.actions.menus[name].aboutToShow.connect(self._devices)
        self.actions.menus["lanes"].aboutToShow.connect(self._lanes)
        self.actions.menus["save_enhanced"].aboutToShow.connect(window.denoiser_files.fill)
        self.tick()

    def mark(self) -> None:
        self._dirty = True

    def tick(self) -> None:
        """Bring the lines up to date, if anything changed."""
        if not self._dirty:
            return
        self._dirty = False
        self._hear.tick()
        self._check()
        self._enable()
        self._show()
        self._word()

    def _check(self) -> None:
        """Which lines are ticked, and which of several is chosen."""
        state, window = self.window.session.state, self.window
        transport = state.transport
        live = transport.live and not window.monitoring.on
        for name, on in (
            ("loop", transport.loop), ("follow", transport.follow), ("record", transport.recording),
            ("live", live), ("live_clip", live), ("freeze", transport.frozen),
            ("monitor", window.monitoring.on), ("bypass", window.monitoring.settings().bypass),
            ("light", window.theme_name == "light"), ("listen", window.listening.always),
            ("full_screen", window.isFullScreen()), ("seam", state.seaming),
            ("present", window.presenting.shown is not None),
            ("switch_edits", any(each.on for each in state.edits)), ("matched", transport.matched),
        ):  # fmt: skip
            self.actions[name].setChecked(on)
        self.actions.check("hear", transport.heard)
        self.actions.check("sort", state.sort)
        self.actions.check("device", state.device)
        self.actions.check("workspace", window.docks.workspace)
        if state.network is not None:
            self.actions.check("task", state.network.task)
            self.actions.check("network", state.network.name)
        for name, button in self._buttons.items():
            button.setChecked(name == window.docks.workspace)

    def _enable(self) -> None:
        """Which lines can be chosen."""
        state, runs = self.window.session.state, self.window.runs
        history, network = state.history, state.network is not None
        spoken = state.captions is not None and (state.captions.lines or state.captions.words)
        tries, steered = network and not runs.training, runs.training and not runs.following
        for name, enabled in (
            ("freeze", state.transport.live), ("pause_training", steered), ("step_training", steered),
            ("fork", bool(history.kept)), ("newest", history.at is not None), ("alone", bool(state.compared)),
            ("train_anew", network), ("use_rate", "rates" in state.status),
            ("find_rate", tries), ("estimate", tries),
            ("export", state.traced is not None), ("export_trace", state.traced is not None),
            ("switch_edits", bool(state.edits)), ("clear_edits", bool(state.edits)),
            ("paste_state", state.memory is not None), ("save_melody", state.melody is not None),
            ("live_clip", state.clip is not None),
            ("captions_clip", state.clip is not None and not state.transport.captioning),
            ("transcribe", state.clip is not None and not state.transport.captioning),
            ("save_captions", bool(spoken)), ("copy_captions", bool(spoken)),
            ("clear_captions", bool(spoken) and not state.transport.captioning),
            ("seam", state.clip is not None and network), ("index", network), ("stored", network),
            ("train", network), ("zoom_selection", state.selection is not None),
        ):  # fmt: skip
            self.actions[name].setEnabled(enabled)
        if "hear:state" in self.actions:
            self.actions["hear:state"].setEnabled(state.decoded is not None)

    def _show(self) -> None:
        """Which lines are there at all."""
        state, window = self.window.session.state, self.window
        transport, runs = state.transport, window.runs
        halted = runs.training and not runs.following and state.history.halted is not None
        future = state.network is not None and not state.network.live and not transport.live
        offered = bool(window.autosave.offered)
        for name, shown in (
            ("halve_rate", halted), ("clip_here", halted and not runs.settings.clip),
            ("resume_here", runs.broken), ("resume_parts", runs.broken),
            ("live_twin", future), ("live_windows", future), ("restore", offered), ("discard", offered),
        ):  # fmt: skip
            self.actions[name].setVisible(shown)
        for name in self._networks:
            self.actions[f"network:{name}"].setVisible(not transport.live or name in self._live)

    def _word(self) -> None:
        """What the lines that begin and stop something are called now."""
        state, window = self.window.session.state, self.window
        runs, playing, found = window.runs, state.transport.playing, state.status.get("rates")
        train, background, reader = (window.wiring.workers[each] for each in ("train", "background", TRANSCRIBE))
        for name, text in (
            ("use_rate", "&Use this rate" if found is None else f"&Use {found.mark:g}"),
            ("find_rate", "Stop trying &learning rates" if train.has("rates") else "Find a &learning rate"),
            ("estimate", "Stop &estimating" if train.has("estimate") else "&Estimate"),
            ("stored", "Stop &reading" if background.has(probes.STORED) else "What is &stored"),
            ("index", "Stop &indexing" if background.has(probes.INDEX) else "&Index a folder…"),
            ("generate", "&Stop" if window.composing.running else "&Generate a melody"),
            ("pause_training", "&Go on training" if runs.paused else "&Pause training"),
            ("play", "&Pause" if playing else "&Play"),
            ("transcribe", "Stop &transcribing" if reader.busy else "&Transcribe the clip"),
            ("captions", "Stop &captions" if state.transport.captioning else "Start &captions"),
        ):
            self.actions[name].setText(text)
        stop = "&Stop following" if runs.following else "&Stop training"
        self.actions["train"].setText(stop if runs.training else "&Start training")
        self.actions.picture(self.actions["play"], "pause" if playing else "play")

    def _fill(self) -> None:
        window, actions = self.window, self.actions
        self._hear = HearKeys(window)
        actions.one_of("sort", SORTS, lambda value: window.session.set("sort", value), "sort")
        spaces = ((name, f"&{name}", f"Ctrl+{index + 1}") for index, name in enumerate(WORKSPACES))
        actions.one_of("workspace", spaces, self._arrange, "workspace")
        actions.one_of(
            "devices", ((name, name, "") for name in device.CHOICES), window.models.set_device, "device"
        )
        moves = (
            ("left", "A frame &left", "Left", -1, 0.0), ("right", "A frame &right", "Right", 1, 0.0),
            ("back", "A second &back", "Shift+Left", 0, -1.0), ("on", "A second &on", "Shift+Right", 0, 1.0),
        )  # fmt: skip
        handlers = actions.handlers.view
        for name, words, key, frames, seconds in moves:
            actions.make(
                actions.menus["cursor"], f"cursor_{name}", words,
                partial(handlers.cursor_by, frames, seconds), key,
            )  # fmt: skip
        for key, (name, dock) in zip(PANEL_KEYS, window.docks.docks.items(), strict=False):
            action = dock.toggleViewAction()
            action.setObjectName(f"panel:{name}")
            action.setShortcut(key)
            action.setToolTip(f"Show or hide the panel {dock.windowTitle()} ({key})")
            actions.menus["panels"].addAction(action)

    def _corner(self) -> None:
        """The workspaces as buttons at the right end of the menu bar."""
        # Kept here too: Qt hands the corner widget over without telling Python.
        self._held = corner = QWidget()
        row = QHBoxLayout(corner)
        row.setContentsMargins(0, 0, 8, 0)
        row.setSpacing(2)
        group = QButtonGroup(corner)
        self._buttons: dict[str, QToolButton] = {}
        for name in WORKSPACES:
            button = QToolButton()
            button.setText(name)
            button.setCheckable(True)
            button.setFixedHeight(24)
            button.setAccessibleName(f"Workspace {name}")
            button.setToolTip(self.actions[f"workspace:{name}"].toolTip())
            button.clicked.connect(partial(self._chosen, name))
            group.addButton(button)
            row.addWidget(button)
            self._buttons[name] = button
        self.window.menuBar().setCornerWidget(corner)

    def _arrange(self, name: str) -> None:
        self.window.docks.arrange(name)
        if name == "Live" and not self.window.session.state.transport.live:
            self.window.wiring.tell(
                "Go live (Ctrl+L) draws the microphone here as you speak. Without one: Run > Live from the clip."
            )
        self.mark()

    def _chosen(self, name: str, _: bool = False) -> None:
        self._arrange(name)

    def _listed(self, event: jobs.Listed) -> None:
        models = self.window.models
        self.window.docks.model.show_choices(event.networks, event.live)
        self.actions.one_of("tasks", ((task, task, "") for task in event.networks), models.choose_task, "task")
        names = self._networks = [name for names in event.networks.values() for name in names]
        self._live = event.live
        self.actions.one_of("networks", ((name, name, "") for name in names), models.open, "network")
        self.mark()

    def _shrunk(self, event: Shrunk) -> None:
        self.window.docks.show(("model",))
        self.window.docks.model.bits.show_rows(event.network_id, event.rows, event.trouble)

    def _recent(self) -> None:
        menu = self.actions.menus["recent"]
        menu.clear()
        paths = self.window.preferences.recent
        for path in paths:
            menu.addAction(path.name, partial(self.window.opening.open, path)).setToolTip(str(path))
        if not paths:
            menu.addAction("No files yet").setEnabled(False)

    def _pictures(self) -> None:
        """Every part of the window that can be seen now."""
        menus, window = [self.actions.menus[name] for name in ("picture", "copy")], self.window
        for menu in menus:
            menu.clear()
        lanes, titles = window.lanes.lanes, window.lanes.titles()
        parts: list[tuple[str, QWidget]] = [("Window", window), ("Lanes", window.lanes)]
        parts += [(titles[name], lane) for name, lane in lanes.items() if name in titles]
        parts += [(dock.windowTitle(), dock.widget()) for dock in window.docks.docks.values()]
        for title, widget in parts:
            if widget.isVisible():
                handlers = self.actions.handlers
                menus[0].addAction(f"{title}…", partial(handlers.file.save_picture, title, widget))
                menus[1].addAction(title, partial(handlers.edit.copy_picture, title, widget))

    def _examples(self) -> None:
        from engine import asset

        menu = self.actions.menus["examples"]
        menu.clear()
        for name in asset.clips():
            menu.addAction(name, partial(self._example, name))

    def _recipes(self) -> None:
        """Every bundled recipe, below what it learns; and a file."""
        from engine import recipe

        menu = self.actions.menus["recipes"]
        if not menu.isEmpty():
            return
        for task, names in recipe.by_task().items():
            below = menu.addMenu(task)
            below.setToolTipsVisible(True)
            for name, about in names.items():
                below.addAction(name, partial(self.window.runs.open_recipe, name)).setToolTip(about)
        menu.addSeparator()
        menu.addAction("&Open a recipe…", self.actions.handlers.run.open_recipe)

    def _example(self, name: str) -> None:
        self.window.wiring.submit("background", "open", jobs.open_example, name, doing=f"opening {name}")

    def _devices(self) -> None:
        """The devices of now: a headset may have come since the menu was last open."""
        from engine.audio import device as audio

        for menu, listed, chosen, handler in (
            ("input", audio.inputs, self.window.listening.device, self.window.listening.set_device),
            ("output", audio.outputs, self.window.playing.device, self.window.monitoring.set_output),
        ):
            choices = [("", "System default", ""), *((each.name, each.name, "") for each in listed())]
            self.actions.one_of(menu, choices, handler, menu)
            self.actions.check(menu, chosen or "")

    def _lanes(self) -> None:
        menu = self.actions.menus["lanes"]
        menu.clear()
        stack = self.window.lanes
        for name, title in stack.titles().items():
            if not stack.lanes[name].WEIGHT:
                continue  # the ruler is always there
            action = QAction(title, menu)
            action.setCheckable(True)
            action.setChecked(stack.is_shown(name))
            action.toggled.connect(partial(stack.show_lane, name))
            menu.addAction(action)
