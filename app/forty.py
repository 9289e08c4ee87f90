"""The wizard "Hello, world": collect forty clips, train, evaluate, quantise, profile. Each step can be left."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs
from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QVBoxLayout

from app.fortysteps import WORDS_OF, Came, evaluate, finish, profiled, quantise, rows_of
from app.hearing import Listens, Tap, hear
from app.jobs import Prepared
from engine import forty
from engine.events import Began, Ended, Failed, Progress, Step
from widgets import files
from widgets.forty import Collect, Pages, Steps, Work

if TYPE_CHECKING:
    from collections.abc import Generator

    from PySide6.QtGui import QHideEvent, QShowEvent

    from app.window import Window
    from engine.forty import Take

NAMES = ("Collect", "Train", "Evaluate", "Quantise", "Profile")
RATE, JOB, LISTEN = 16000, "hello world", "hello world microphone"
WAIT = forty.SECONDS + 0.15
"""Seconds until a take is over: it may come late from the device."""


@dataclass(frozen=True)
class Doing:
    """What a step does now, and how far it is."""

    step: str = ""
    share: float = 0.0
    said: str = ""


def prepare(folder: str) -> Generator[Any, Any, None]:
    """The job that makes the network and the training of the recipe `hello` for the clips of a folder."""
    from app.hello import recipe_of
    from engine import build, checkpoint

    chosen = recipe_of(folder)
    network = checkpoint.untrained(chosen.task, chosen.model_settings, chosen.task_settings, chosen.model)
    task: Any = build.task_of(network)
    task.corpus.split("train")  # what cannot be used is said now
    yield Prepared(network, chosen.train)


class Wizard(QDialog):
    """Stays while the window does; what was recorded and what came of it lie in a folder of their own."""

    def __init__(self, window: Window, place: Path | None = None) -> None:
        super().__init__(window)
        self.window_, self.wiring = window, window.wiring
        place = place or Path(platformdirs.user_data_dir("otoscope", appauthor=False)) / "hello-world"
        self.project, self.at, self.doing = forty.Project(place), 0, Doing()
        self.tap: Tap | None = None
        self._taking: Take | None = None
        self._until = 0.0
        self._asked: Take | None = None  # it is this one that is to be made anew
        self._training = False
        self._run: Path | None = None  # where the run lies that was begun from here
        self.setWindowTitle("Hello, world: a speech recogniser from forty clips")
        self.resize(820, 640)
        self.steps, self.collect = Steps(NAMES), Collect()
        self.works = {name: Work(*WORDS_OF[name]) for name in forty.STEPS[1:]}
        self.pages, self.told = Pages(self.collect, list(self.works.values())), QLabel()
        self._timer = QTimer(self)
        self._timer.setInterval(30)
        self._lay()
        self._connect()
        try:
            self.project = forty.load(place)
        except forty.ProjectError as error:
            self._tell(str(error))
            self.project = forty.Project(place)
        self._show()
        window.installEventFilter(self)

    def _lay(self) -> None:
        self.told.setWordWrap(True)
        self.told.setProperty("role", "warning")
        self.told.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.told.hide()
        right = QVBoxLayout()
        right.addWidget(self.pages, 1)
        right.addWidget(self.told)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 16, 16, 16)
        row.setSpacing(24)
        row.addWidget(self.steps)
        row.addLayout(right, 1)

    def _connect(self) -> None:
        self.steps.opened.connect(self.show_step)
        self.collect.chose.connect(self.choose)
        self.collect.record.connect(self.record)
        self.collect.again.connect(self.again)
        self.collect.play.connect(self.play)
        for name, work in self.works.items():
            work.asked.connect(lambda step=name: self.work(step))
        self._timer.timeout.connect(self._tick)
        space = QShortcut(QKeySequence("Space"), self)
        space.activated.connect(self.record)
        for kind, handler in (
            (Listens, self._listens), (Came, self._came), (Prepared, self._prepared), (Progress, self._progressed),
            (Began, self._began), (Step, self._stepped), (Ended, self._ended), (Failed, self._failed),
        ):  # fmt: skip
            self.wiring.on(kind, handler)

    # Which step is open.

    def show_step(self, number: int) -> None:
        """Show a step; one whose turn has not come stays closed."""
        if self.project.ready(forty.STEPS[number]):
            self.at = number
        self._show()
        self._microphone()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._timer.start()
        self._microphone()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()
        self._microphone()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """When the window closes, so does this."""
        if watched is self.window_ and event.type() == QEvent.Type.Close:
            self.hide()
        return False

    # Collect.

    def choose(self, source: str) -> None:
        """Other clips; for a folder it is asked which."""
        folder = self.project.folder
        if source == "folder":
            folder = files.folder(self, "A folder of recordings of hello and world", folder or str(Path.home()))
            if not folder:
                source, folder = self.project.source, self.project.folder
        self._set(forty.chosen(self.project, source, folder))
        self._microphone()

    def record(self) -> None:
        """Take the next word, for two seconds."""
        take = self._asked or self.project.next_take()
        if self.pages.currentIndex() or self.project.source != "voice" or self._taking is not None or take is None:
            return
        if self.tap is None:
            self._microphone()
            self.collect.say("The microphone is not on yet. Press Record again in a moment.", trouble=True)
            return
        try:
            take.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            self.collect.say(f"{take.path.parent} cannot be written to ({error.strerror or error}).", trouble=True)
            return
        self._taking, self._until = take, time.monotonic() + WAIT
        self.tap.begin(None)
        self.collect.say(f"Say “{take.word}”.")
        self._show()

    def again(self, row: int) -> None:
        """The next recording takes the place of this one."""
        if 0 <= row < len(self.project.takes):
            self._asked = self.project.takes[row]
            self.collect.say(f"The next recording is {self._asked.word} {self._asked.number}, anew.")
            self._show()

    def play(self, row: int) -> None:
        """Hear a take."""
        if not 0 <= row < len(self.project.takes) or self.project.takes[row].check is None:
            self.collect.say("Choose a take that was recorded.", trouble=True)
            return
        self._drop()
        self.window_.opening.open(self.project.takes[row].path)
        self.window_.playing.hear("processed")

    def _take(self) -> None:
        """The two seconds are over: keep them, check them, and go on."""
        import soundfile

        take, tap = self._taking, self.tap
        assert take is not None
        self._taking = None
        clip = tap.end() if tap is not None else None
        if clip is None:
            self.collect.say("Nothing came from the microphone. Is the right one chosen? Sound > Input.", True)
            self._show()
            return
        sound = clip.read()[: round(forty.SECONDS * clip.rate), 0]
        try:
            soundfile.write(take.path, sound, clip.rate, "PCM_16")
        except (OSError, soundfile.SoundFileError) as error:
            self.collect.say(f"{take.path} cannot be written ({error}); make room there.", trouble=True)
            self._show()
            return
        self._asked = None
        self._set(forty.retaken(self.project, take))
        found = next(each for each in self.project.takes if each.path == take.path)
        name = f"{found.word} {found.number}"
        if found.good:
            self.collect.say(f"{name}: good." + (" That was the last one." if self.project.collected else ""))
        else:
            assert found.check is not None
            self.collect.say(f"{name}: {'; '.join(found.check.trouble)}. Record it again.", trouble=True)
        self.collect.reveal(self.project.takes.index(found))

    def _drop(self) -> None:
        """A take that is being made is none."""
        if self._taking is None:
            return
        if self.tap is not None:
            self.tap.end()
        self._taking = None
        self.collect.say("")
        self._show()

    @property
    def _hears(self) -> bool:
        """Whether the microphone is wanted now."""
        return self.isVisible() and self.at == 0 and self.project.source == "voice"

    def _microphone(self) -> None:
        """On while it is wanted, and off else: a take is left then. What is live in the window goes first."""
        worker = self.wiring.workers["live"]
        if not self._hears:
            self._drop()
            if self.tap is not None:
                worker.stop(LISTEN)
            self.tap = None
            return
        if self.tap is not None or worker.has(LISTEN):
            return
        if self.window_.session.state.transport.live:
            self.collect.say("The window is live: end that first (Ctrl+L), then press Record.", trouble=True)
            return
        source = ("device", self.window_.listening.device, RATE)
        self.wiring.submit("live", LISTEN, hear, source, None, doing="listening for hello and world")

    def _listens(self, event: Listens) -> None:
        if self._hears:
            self.tap = event.tap

    # The other steps.

    def work(self, step: str) -> None:
        """Begin a step; a training that runs is stopped."""
        if self.doing.step:
            if self.doing.step == step == "train":
                self.window_.runs.stop()
            return
        self._tell("")
        project = self.project
        self.doing = Doing(step, 0.0, "preparing")
        if step == "train":
            if not self.window_.runs.may_leave(self):
                self.doing = Doing()
                return
            self._training, self._run = True, None
            self.wiring.submit("background", JOB, prepare, project.learnt_from, doing="preparing hello, world")
        else:
            job = {"evaluate": evaluate, "quantise": quantise, "profile": profiled}[step]
            self.wiring.submit("background", JOB, job, project.network, doing=f"hello, world: {step}")
        self._show()

    def _prepared(self, event: Prepared) -> None:
        """The window begins the ordinary training (app/runs.py); its curves are shown."""
        if self._training and event.network.task == "hello":
            self.doing = Doing("train", 0.0, "training; the curves are in the window")
            self.window_.docks.arrange("Train")
            self._show()

    def _began(self, event: Began) -> None:
        if self._training:
            self._run = event.folder

    def _stepped(self, event: Step) -> None:
        if self._training:
            total = max(1, self.window_.runs.settings.steps)
            self.doing = Doing("train", event.step / total, f"step {event.step} of {total}, loss {event.loss:.3f}")

    def _progressed(self, event: Progress) -> None:
        if self.doing.step and not self._training:
            self.doing = Doing(self.doing.step, event.share, event.doing)

    def _came(self, event: Came) -> None:
        """The result of a step."""
        self.doing = Doing()
        self._set(forty.stepped(self.project, event.step, event.result))

    def _ended(self, event: Ended) -> None:
        if self._training and event.job == "train" and self._run is not None:
            place, self._run, self._training = self._run, None, False
            if event.stopped:
                self.doing = Doing()
                self._tell("The training was stopped: nothing was kept of it here.")
            else:
                self.doing = Doing("train", 1.0, "keeping the network")
                self.wiring.submit("background", JOB, finish, place, self.project.network, doing="keeping it")
        elif event.job == JOB and self.doing.step and not self._training and event.stopped:
            self.doing = Doing()
        elif event.job == LISTEN:
            self.tap = None
        self._show()

    def _failed(self, event: Failed) -> None:
        if event.job == LISTEN:
            self.tap = None
            self._drop()
            text = str(event.error.__cause__ or event.error)
            self.collect.say(f"{text} Or take the bundled voices, above.", trouble=True)
        elif event.job == JOB or (self._training and event.job == "train"):
            self._training, self._run, self.doing = False, None, Doing()
            self._tell(str(event.error))
        else:
            return
        self._show()

    # Showing it all.

    def _tick(self) -> None:
        if self._taking is not None and time.monotonic() >= self._until:
            self._take()
        tap = self.tap
        self.collect.meter.show_level(tap.recorder.level if tap is not None else None)
        if self.doing.step:
            self._show_works()

    def _set(self, project: forty.Project) -> None:
        self.project = project
        try:
            forty.save(project)
        except forty.ProjectError as error:
            self._tell(str(error))
        if not project.ready(forty.STEPS[self.at]):
            self.at = 0
        self._show()

    def _tell(self, text: str) -> None:
        self.told.setText(text)
        self.told.setVisible(bool(text))

    def _show(self) -> None:
        project = self.project
        names = forty.STEPS
        said = [self._collected(), *(str(project.results.get(name, {}).get("short", "")) for name in names[1:])]
        self.steps.show_steps(
            self.at, said, [project.done(name) for name in names], [project.ready(name) for name in names]
        )
        self.pages.setCurrentIndex(self.at)
        self._show_collect()
        self._show_works()

    def _collected(self) -> str:
        project = self.project
        if project.source == "voice":
            return f"{project.recorded} of {len(project.takes)}"
        return {"bundled": "bundled voices", "folder": Path(project.folder).name}[project.source]

    def _show_collect(self) -> None:
        project = self.project
        places = {
            "voice": str(project.place / "takes"),
            "bundled": "40 clips of 20 voices; they are tried on 120 clips of other voices",
            "folder": project.folder,
        }
        self.collect.show_source(project.source, places[project.source])
        rows = []
        for take in project.takes:
            found, name = take.check, f"{take.word} {take.number}"
            if found is None:
                rows.append((name, "", "not recorded yet"))
            else:
                said = "; ".join(found.trouble) or f"good, {found.level:.0f} dB"
                rows.append((name, f"{found.seconds:.1f} s", said))
        good = [take.good for take in project.takes]
        self.collect.show_takes(rows, good)
        wanted = self._taking or self._asked or project.next_take()
        count = f"{sum(good)} of {len(good)} takes are good"
        self.collect.show_word(wanted.word if wanted is not None else "", count, self._taking is not None)

    def _show_works(self) -> None:
        for name, work in self.works.items():
            busy = self.doing.step == name
            result = self.project.results.get(name)
            said = self.doing.said if busy else str((result or {}).get("said", ""))
            work.show_work(busy, self.doing.share if busy else 0.0, said, stops=name == "train")
            if not busy and work.property("shown") is not result:
                work.setProperty("shown", result)
                work.show_table(rows_of(result))
            elif busy:
                work.button.setEnabled(name == "train")
