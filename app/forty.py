"""The wizard "Hello, world": collect forty clips, train, evaluate, quantise, profile. Each step can be left."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs
from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QVBoxLayout

from app.fortysteps import WORDS_OF, Came, evaluate, finish, profiled, quantise, rows_of
from app.fortytakes import Takes
from app.jobs import Prepared
from engine import forty
from engine.events import Began, Ended, Failed, Progress, Step
from widgets.forty import Collect, Pages, Steps, Work

if TYPE_CHECKING:
    from collections.abc import Generator

    from PySide6.QtGui import QHideEvent, QShowEvent

    from app.window import Window

NAMES = ("Collect", "Train", "Evaluate", "Quantise", "Profile")
JOB = "hello world"


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
        self._training = False
        self._run: Path | None = None  # where the run lies that was begun from here
        self.setWindowTitle("Hello, world: a speech recogniser from forty clips")
        self.resize(820, 640)
        self.steps, self.collect = Steps(NAMES), Collect()
        self.works = {name: Work(*WORDS_OF[name]) for name in forty.STEPS[1:]}
        self.pages, self.told = Pages(self.collect, list(self.works.values())), QLabel()
        self.takes = Takes(self)
        self._timer = QTimer(self)
        self._timer.setInterval(30)
        self._lay()
        self._connect()
        try:
            self.project = forty.load(place)
        except forty.ProjectError as error:
            self._tell(str(error))
            self.project = forty.Project(place)
        self.show_all()
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
        for name, work in self.works.items():
            work.asked.connect(lambda step=name: self.work(step))
        self._timer.timeout.connect(self._tick)
        space = QShortcut(QKeySequence("Space"), self)
        space.activated.connect(self.takes.record)
        for kind, handler in (
            (Came, self._came), (Prepared, self._prepared), (Progress, self._progressed), (Began, self._began),
            (Step, self._stepped), (Ended, self._ended), (Failed, self._failed),
        ):  # fmt: skip
            self.wiring.on(kind, handler)

    # Which step is open.

    def show_step(self, number: int) -> None:
        """Show a step; one whose turn has not come stays closed."""
        if self.project.ready(forty.STEPS[number]):
            self.at = number
        self.show_all()
        self.takes.turn()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._timer.start()
        self.takes.turn()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()
        self.takes.turn()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """When the window closes, so does this."""
        if watched is self.window_ and event.type() == QEvent.Type.Close:
            self.hide()
        return False

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
        self.show_all()

    def _prepared(self, event: Prepared) -> None:
        """The window begins the ordinary training (app/runs.py); its curves are shown."""
        if self._training and event.network.task == "hello":
            self.doing = Doing("train", 0.0, "training; the curves are in the window")
            self.window_.docks.arrange("Train")
            self.show_all()

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
        self.keep(forty.stepped(self.project, event.step, event.result))

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
        if event.job in (JOB, "train"):
            self.show_all()

    def _failed(self, event: Failed) -> None:
        if event.job == JOB or (self._training and event.job == "train"):
            self._training, self._run, self.doing = False, None, Doing()
            self._tell(str(event.error))
            self.show_all()

    # Showing it all.

    def _tick(self) -> None:
        self.takes.tick()
        if self.doing.step:
            self._show_works()

    def keep(self, project: forty.Project) -> None:
        """Another state of the project: it is kept and shown."""
        self.project = project
        try:
            forty.save(project)
        except forty.ProjectError as error:
            self._tell(str(error))
        if not project.ready(forty.STEPS[self.at]):
            self.at = 0
        self.show_all()

    def _tell(self, text: str) -> None:
        self.told.setText(text)
        self.told.setVisible(bool(text))

    def show_all(self) -> None:
        """Bring every page up to date."""
        project = self.project
        names = forty.STEPS
        said = [self.takes.said, *(str(project.results.get(name, {}).get("short", "")) for name in names[1:])]
        self.steps.show_steps(
            self.at, said, [project.done(name) for name in names], [project.ready(name) for name in names]
        )
        self.pages.setCurrentIndex(self.at)
        self.takes.show()
        self._show_works()

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
