"""The main window: lanes in the middle, docks around them, and THE timer that paints."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import QApplication, QMainWindow, QVBoxLayout, QWidget

from app import jobs
from app.actions import Actions
from app.autosave import Autosave
from app.breaking import Breaking
from app.captioning import Captioning
from app.composing import Composing
from app.contrasting import Contrasting
from app.denoiserfiles import DenoiserFiles
from app.dissecting import Dissecting
from app.echoes import Echoes
from app.enhancing import Enhancing
from app.gauges import Gauges
from app.handlers import Handlers
from app.instead import Instead
from app.judging import Judging
from app.labelling import Labelling
from app.layout import Docks
from app.learning import Lessons
from app.listening import Listening
from app.menus import Menus
from app.models import Models
from app.monitoring import Monitoring
from app.opening import Opening
from app.operating import Operating
from app.pace import TICK, Pace
from app.playing import Playing
from app.preferences import Preferences
from app.presenting import Presenting
from app.probes import Probes
from app.prosody import Prosodies
from app.recovery import Recovery
from app.runs import Runs
from app.saving import Saving
from app.searching import Searching
from app.stepping import Stepping
from app.trials import Trials
from app.wiring import Wiring
from engine import default
from engine.denoising import Options as Denoising
from engine.echo import Settings as Backward
from engine.events import Restored
from engine.generate import Settings as Melody
from engine.links import default_link, default_picture, default_sound_chain
from engine.recipe import TrainSettings
from engine.session import Session
from engine.session import Transport as Transporting
from widgets import theme
from widgets.keys import wanted
from widgets.message import Message
from widgets.stack import LaneStack
from widgets.status import Status
from widgets.timeline import TimeBar
from widgets.transport import Transport

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QPaintEvent, QShowEvent

    from app.preferences import Options
    from engine.stages.stage import Link

SMALLEST, SHARE = QSize(1280, 800), 0.85
"""The first size of the window: a share of the screen, and no less than lets every panel be read."""
BEHIND = 5
"""Live, panels and words are looked at once in so many ticks."""
LATEST = 100
"""Live, milliseconds after which the next tick comes though the one before has not been painted."""


class Window(QMainWindow):
    """Builds the parts, ticks them, and closes them. A `fresh` one neither reads nor writes preferences."""

    _came = Signal()
    """From a worker's thread: an inspection is ready, so that it need not wait for the timer."""

    def __init__(
        self, files: Sequence[Path] = (), fresh: bool = False, network: str = "", in_process: bool = False
    ) -> None:
        super().__init__()
        self.preferences = Preferences(fresh)
        self.theme_name = self.preferences.options.theme
        transport = Transporting(volume=self.preferences.share("volume"))
        self.session = Session(
            chain=self.default_chain(),
            picture=default_picture(),
            training=TrainSettings(),
            transport=transport,
            backward=Backward(),
            composing=Melody(),
            denoising=Denoising(),
        )
        self.wiring = Wiring(self.session)
        self.playing = Playing(self.session, self.wiring)
        recovery = Recovery()
        self.listening = Listening(self.session, self.wiring, recovery.recording)
        self.instead = Instead(self.session, self.wiring, self.listening)
        self.listening.device = self.preferences.get("input") or None
        self.playing.device = self.preferences.get("output") or None
        self.monitoring = Monitoring(self.session, self.wiring, self.listening, self.playing)
        self.captioning = Captioning(self.session, self.wiring, self.listening, self.playing)
        self.presenting = Presenting(self)
        self.models = Models(self.session, self.wiring)
        self.opening = Opening(self)
        self.probes = Probes(self.session, self.wiring, self.opening.open)
        self.echoes = Echoes(self.session, self.wiring, self._looks)
        self.enhancing = Enhancing(self.session, self.wiring, self._sees)
        self.denoiser_files = DenoiserFiles(self)
        self.prosodies = Prosodies(self.session, self.wiring, self._looks)
        self.contrasting = Contrasting(self.session, self.wiring, self._looks, lambda: self.captioning.said.sound)
        self.searching = Searching(self.session, self.wiring, self._looks)
        self.judging = Judging(self.session, self.wiring, self._looks)
        self.breaking = Breaking(self.session, self.wiring, self._looks)
        self.runs = Runs(self.session, self.wiring, in_process)
        self.trials = Trials(self.session, self.wiring, in_process)
        self.operating = Operating(self.session, self.wiring)
        self.labelling = Labelling(self.wiring, lambda: self.lanes.lanes)
        self.saving = Saving(self.session, self.wiring, self._retitle)
        self.saving.recorded = self.listening.recorded
        self.captioning.takes.place = recovery.recording
        self.captioning.kept = self.saving.keep
        self.captioning.may_clear = partial(self.saving.may_clear, self)
        self.autosave = Autosave(self.session, self.wiring, self.saving, recovery)
        self.gauges = Gauges(self.wiring)
        self._files, self._network, self._fresh = tuple(files), network, fresh
        self.installEventFilter(self)
        self._painted = self._ended = False
        self._behind, self._began = 0, 0.0
        self.setWindowTitle("Otoscope")
        self.setAcceptDrops(True)
        self.resize(SMALLEST.expandedTo(self.screen().availableSize() * SHARE))
        self.dissecting = Dissecting(self.session, lambda: self._looks("diagram"))
        self.stepping = Stepping(self.session, self.playing.seek, self.wiring.tell)
        self.stepping.look = lambda: self.docks.show(("diagram",))
        self.composing = Composing(self.session, self.wiring, self.playing, lambda names: self.docks.show(names))
        self.composing.stop_live = self.listening.stop
        self.actions_by_name = Actions(self, Handlers(self))
        asks = self.actions_by_name.handlers.file
        self.saving.place, self.saving.save_captions = asks.session_place, asks.save_captions
        self.lessons = Lessons(
            self.session, self.wiring, self.playing, self.runs,
            lambda names: self.docks.show(names), self.default_chain(),
        )  # fmt: skip
        self.lessons.stop_live = self.listening.stop
        self._build()
        self.menus = Menus(self)
        self.monitoring.attach(self)
        self.captioning.looked = lambda: self.docks.in_sight("captions")
        self.captioning.look = self._look_at_captions
        self.prefer(self.preferences.options)
        self.docks.restore()
        self.session.on("clip", self._clip_changed)
        for kind in (jobs.Saved, Restored):
            self.wiring.on(kind, lambda event: self.opening.remember(event.path))
        self.timer = QTimer(self)
        self.timer.setTimerType(Qt.TimerType.PreciseTimer)
        self.timer.timeout.connect(self.tick)
        self.timer.start(TICK)
        self.pace = Pace(self.timer, self.wiring)
        self._turn = QTimer(self)
        self._turn.setSingleShot(True)
        self._turn.timeout.connect(self._take_turn)
        self._came.connect(self._tick_now, Qt.ConnectionType.QueuedConnection)
        self.wiring.workers["inspect"].told = self._came.emit

    @staticmethod
    def default_chain() -> tuple[Link, ...]:
        """The knobs of the sound panel, and the masks."""
        return (*default_sound_chain(), default_link("specaugment"))

    def _build(self) -> None:
        self.lanes = LaneStack(self.session)
        self.message = Message(self.session)
        self.transport = Transport(self.session, self.actions_by_name)
        self.transport.heard.connect(self.playing.hear)
        self.transport.volume.connect(self.playing.set_volume)
        self.status = Status(self.session)
        self.timeline = TimeBar(self.session, self.actions_by_name)
        self.timeline.looked.connect(self.runs.past.look)
        self.timeline.ended.connect(self.runs.past.looked)
        centre = QWidget()
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.message)
        column.addWidget(self.timeline)
        column.addWidget(self.lanes, 1)
        self.setCentralWidget(centre)
        self.docks = Docks(self)
        self.setStatusBar(self.status)

    def tick(self) -> None:
        """THE timer: events into the session, then every part that changed is brought up to date.

        In a tick that brings a picture the lanes alone are: what is read, not watched, follows at the next one,
        as early as may be while the next picture is computed. Live, every tick brings one: what is read has a turn
        of its own, after the painting, and so has whatever else is due.
        """
        self._began = time.monotonic()
        was_shown = self.wiring.shown
        if was_shown:
            # In the next round of events: the moves that came during the painting are to be in it.
            QTimer.singleShot(0, self, self.wiring.painted)
        self.wiring.tick()
        self.playing.tick()
        self.probes.tick()
        self.echoes.tick()
        self.prosodies.tick()
        self.searching.tick()
        self.judging.tick()
        self.contrasting.tick()
        self.breaking.tick()
        self.enhancing.tick()
        self.monitoring.tick()
        self.captioning.tick()
        self.gauges.tick()
        self.autosave.tick()
        self.lanes.tick()
        if self.wiring.shown:
            # At once, and alone: else a second tick may come before it, and more to paint.
            QApplication.sendPostedEvents(self, QEvent.Type.UpdateRequest.value)
            return
        self.transport.meter.show_level(self.playing.level or self.listening.level)
        self.transport.tick()
        if self.wiring.heard:
            self.timer.setInterval(LATEST)
            self._turn.start()
            return
        self.pace.settle()
        self._catch_up(was_shown)

    def _take_turn(self) -> None:
        """Live, what came is painted: now and then the rest is looked at, and the next tick is due, behind all
        that waits for the window by now.
        """
        self._behind = (self._behind + 1) % BEHIND
        if not self._behind:
            self._catch_up(False)
        self.timer.setInterval(max(1, TICK - round(1000 * (time.monotonic() - self._began))))

    def _catch_up(self, was_shown: bool) -> None:
        """Bring up to date what is read, not watched."""
        self.docks.tick(was_shown)
        self.presenting.tick()
        self.status.tick()
        self.message.tick()
        self.timeline.tick()
        self.menus.tick()

    def _look_at_captions(self) -> None:
        """Captions begin: the panel comes into sight, unless a room sees them already, or a script is followed."""
        followed = self.session.state.script is not None and self.docks.in_sight("script")
        if self.presenting.shown is None and not followed:
            self.docks.show(("captions",))

    def _looks(self, name: str) -> bool:
        """Whether a view can be seen now: a lane that is open, or a panel that no other one lies before."""
        if (lane := self.lanes.lanes.get(name)) is not None:
            return lane.isVisible() and not lane.header.is_folded()
        return self.docks.in_sight(name)

    def _sees(self, name: str) -> bool:
        """Whether a view can be seen, and be it as a strip: a lane that is folded, too."""
        lane = self.lanes.lanes.get(name)
        return (lane if lane is not None else self.docks.docks[name].widget()).isVisible()

    def _tick_now(self) -> None:
        if self.timer.isActive():
            self.tick()

    def prefer(self, options: Options) -> None:
        """Be as it is preferred."""
        self.autosave.on = options.autosave
        self.saving.asks = options.ask
        self.runs.folder = options.folder
        if self.theme_name != options.theme:
            self.set_theme(options.theme)

    def set_theme(self, name: str) -> None:
        """Dress the program in `dark` or `light`."""
        self.theme_name = name
        self.preferences.set("theme", name)
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        theme.apply(app, name)
        self.actions_by_name.dress()
        self.transport.dress()
        self.message.dress()
        self.docks.dress()
        self.menus.mark()

    def mark(self) -> None:
        """The menus' ticks are to be looked at again."""
        self.menus.mark()

    def reset_layout(self) -> None:
        self.docks.reset()

    def begin(self) -> None:
        """What the first paint has waited for: the clip, the networks, and torch, in this order."""
        if not self.timer.isActive():  # closed again already
            return
        if self._files:
            self.opening.open_all(self._files)
        else:
            self.wiring.submit("background", "open", jobs.open_example, default.CLIP, doing="opening the example")
        self.models.start(self._network)
        self.wiring.submit("background", "warm", jobs.warm, doing="loading the network engine")
        self.docks.fill()
        if not self._fresh:
            self.autosave.look()
            self.mark()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Leave keys to the control that needs them.

        The window filters its own events: with an `event` of its own, Python would be held for as long as Qt
        paints, and the workers would wait.
        """
        if event.type() == QEvent.Type.ShortcutOverride and wanted(QApplication.focusWidget(), event):
            event.accept()
            return True
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        self._begin_soon()

    def showEvent(self, event: QShowEvent) -> None:
        """Where no paint comes, as on a screen that is off, the work begins all the same."""
        super().showEvent(event)
        QTimer.singleShot(500, self, lambda: self._begin_soon())

    def _begin_soon(self) -> None:
        if not self._painted:
            self._painted = True
            QTimer.singleShot(0, self, self.begin)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open the dropped files."""
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            event.acceptProposedAction()
            self.opening.open_all(paths)

    def end(self) -> None:
        """Close without a question, as nobody may be there to answer: what is in no file comes back next time."""
        self._ended = True
        self.saving.asks = self.runs.asks = False
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Store the layout, end every job and device, and wait for the threads; first ask what to keep."""
        if self.listening.recording:
            self.listening.stop()
        if not (self.saving.may_leave(self, self.close) and self.runs.may_leave(self)):
            event.ignore()
            return
        self.timer.stop()
        self._turn.stop()
        self.docks.store()
        self._store_sound()
        self.presenting.close()
        self.captioning.close(unsaved=self._ended and self.saving.changed)
        self.hide()  # what still runs may take a moment to end
        self.listening.close()
        self.playing.close()
        self.wiring.close()
        self.autosave.close(unsaved=self._ended and self.saving.changed)
        self.preferences.close()
        super().closeEvent(event)

    def _store_sound(self) -> None:
        self.preferences.set("volume", f"{self.session.state.transport.volume:.3f}")
        self.preferences.set("input", self.listening.device or "")
        self.preferences.set("output", self.playing.device or "")

    def _clip_changed(self) -> None:
        clip = self.session.state.clip
        self.opening.remember(clip.path if clip is not None else None)

    def _retitle(self) -> None:
        clip = self.session.state.clip
        path = self.saving.path
        named = path.name if path is not None else clip.name if clip is not None else ""
        self.setWindowTitle(f"{named}[*] - Otoscope" if named else "Otoscope")
        self.setWindowModified(self.saving.changed)
