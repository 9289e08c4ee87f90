"""Runs: trainings that the window hosts and steers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs
from PySide6.QtWidgets import QMessageBox

from app import jobs, trainings
from app.chronicle import with_run
from app.past import Past
from app.trouble import is_memory
from engine import fit
from engine.events import (
    Began,
    Ended,
    Failed,
    Halted,
    Notice,
    Progress,
    Restored,
    Set,
    Snapshot,
    Step,
)
from engine.knob import KnobError, knobs
from engine.recipe import LIVE, RecipeError, TrainSettings, parse
from engine.session import ASIDE, History

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from app.wiring import Wiring
    from engine.session import Session

PREPARING, RUNNING, PAUSED, WAITING, STOPPING = (
    "preparing the training",
    "training",
    "paused",
    "waiting",
    "stopping the training",
)
_RUNS = (
    "The training that runs would end now. What it has learnt is kept, and Run > Resume a run lets it go on later."
)


class Runs:
    """One training at a time, on the worker `train`; its record lies in a folder of `folder`."""

    def __init__(self, session: Session, wiring: Wiring, in_process: bool = False) -> None:
        self.session = session
        self.wiring = wiring
        self.in_process = in_process
        self.past = Past(session, wiring)
        self.folder = Path(platformdirs.user_data_dir("otoscope", appauthor=False)) / "runs"
        self.training = self.paused = self.following = False
        self.broken = False
        """Whether the run that is shown broke off, and can go on."""
        self.asks = True
        """Whether somebody is there to answer."""
        self._stopping = False  # what still comes then is no more shown
        self._settings = self.settings
        self._total, self._done = self.settings.steps, 0
        self._early: dict[str, Any] = {}  # live knobs turned before the run began
        self._sent: dict[str, Any] = {}  # those of them that it was told as it began
        self._seen = session.state.history
        self._begun: Path | None = None  # where the run lies that is hosted now
        wiring.on(Began, self._began)
        wiring.on(Snapshot, self._learnt)
        wiring.on(Step, self._stepped)
        wiring.on(Halted, self._halted)
        wiring.on(Restored, lambda _: self.stop())  # what is learnt is no part of another session
        for kind in (Ended, Failed):
            wiring.on(kind, self._ended)
        wiring.on(jobs.Prepared, self._prepared)
        session.on("training", self._turned)
        session.on("history", self._told)

    @property
    def settings(self) -> TrainSettings:
        """How a network is to be trained."""
        found = self.session.state.training
        return found if isinstance(found, TrainSettings) else TrainSettings()

    @settings.setter
    def settings(self, settings: TrainSettings) -> None:
        self.session.set("training", settings)

    def set_training(self, settings: TrainSettings, merge: str = "") -> None:
        """Knobs of training, turned by hand; `merge` joins the moves of one drag for undo."""
        self.session.set("training", settings, merge or None)

    def toggle(self) -> None:
        """Start the training of a network of this shape, or stop it."""
        if self.training:
            self.stop()
        else:
            self.start()

    def start(self) -> None:
        """Train a network of this shape from its beginning; one that trains is stopped first."""
        network = self.session.state.network
        if network is None:
            self.wiring.tell("There is no network to train yet: choose a task first.", "warning")
            return
        asked = (network, self.settings, self.session.state.device, self.folder, self.in_process)
        self._submit(trainings.train, *asked, doing=f"training {network.task}")

    def prepare(self, name: str) -> None:
        """Train by a bundled recipe; one that trains is stopped first."""
        self.wiring.submit("background", "prepare", jobs.prepare, name, doing=f"reading the recipe {name}")

    def open_recipe(self, name: str | Path) -> None:
        """Show the untrained network of a recipe, bundled or in a file, and the knobs of its training."""
        if self.training and not self.following:
            self.wiring.tell("A training runs: stop it first, since a recipe brings its own knobs.", "warning")
        else:
            self.wiring.submit(
                "background", "prepare", jobs.prepare, name, False, doing=f"reading the recipe {Path(name).stem}"
            )

    def _prepared(self, event: jobs.Prepared) -> None:
        before = self.session.state.network
        self.session.set("training", event.training)
        self.session.set("network", event.network)
        if event.begin:
            self.start()
        elif before is None or before.task != event.network.task:
            self.wiring.submit("background", "pinned", jobs.pinned, event.network, doing="opening its example")

    def swap(self) -> None:
        """Train the same with the next cell: same data, same seed; the curves of now stay beside the new ones."""
        network, history = self.session.state.network, self.session.state.history
        cells = [] if network is None else [each for each in knobs(type(network.settings)) if each.name == "cell"]
        if network is None or not cells:
            self.wiring.tell("There is no cell to swap: choose a recurrent network first.", "warning")
            return
        choices = cells[0].choices
        now = choices.index(network.settings.to_dict()["cell"])
        settings = network.settings.but(cell=choices[(now + 1) % len(choices)])
        if history.steps:
            self.session.set("compared", with_run(self.session.state.compared, history))
        asked = (replace(network, settings=settings, weights=None), self.settings, self.session.state.device)
        self._submit(trainings.train, *asked, self.folder, self.in_process, doing=f"training {network.task}")

    def fork(self) -> None:
        """A new run from the snapshot that is looked at, with the settings of now."""
        network, place, at = self.session.state.network, self.past.place, self.past.at
        if place is None or at is None or network is None:
            self.wiring.tell("There is no snapshot to fork from: train first, or open a run.", "warning")
            return
        shape = network.settings if self.session.state.history.at != ASIDE else None
        asked = (place, at, shape, self.settings, self.session.state.device, self.folder, self.in_process)
        self._submit(trainings.fork, *asked, self.past.held, doing=f"forking from step {at}")

    def resume(self, place: Path | None = None, parts: int = 1) -> None:
        """Let a run go on from where it was; each batch in `parts` times as many parts."""
        place = place or self.past.place
        if place is None:
            self.wiring.tell("There is no run to go on with: train first, or open one.", "warning")
            return
        settings = self.settings if place == self.past.place else None  # the knobs show those of that run
        asked = (place, parts, self.session.state.device, self.in_process, settings)
        self._submit(trainings.resume, *asked, doing=f"resuming {place.name}")

    def follow(self, place: Path) -> None:
        """Show a run that lies in a folder, and what is still written there."""
        self._submit(trainings.follow, place, doing=f"following {place.name}")
        self.following = True

    def stop(self) -> None:
        """End the training after the step that runs, which may take a while: that is shown."""
        self._stopping = self.training
        if self.training:
            self.wiring.show_job("train", Progress(jobs.UNKNOWN, STOPPING))
        self.wiring.workers["train"].stop()

    def pause(self) -> None:
        """Hold the training, or let it go on."""
        if not self.training or self._stopping:
            return
        self.paused = not self.paused
        worker = self.wiring.workers["train"]
        (worker.pause if self.paused else worker.resume)()
        self._show()

    def step(self) -> None:
        """One step of training, and no more."""
        if not self.training:
            return
        if not self.paused:
            self.pause()
        self.wiring.workers["train"].step(Step)

    def halve(self) -> None:
        """Go on after a halt, with the learning rate that is advised."""
        halted = self.session.state.history.halted
        if halted is None or not self.training:
            return
        self._cure("lr", halted.lr)

    def clip(self) -> None:
        """Go on after a halt, with clipped gradients."""
        if self.session.state.history.halted is not None and self.training:
            self._cure("clip", 1.0)

    def _cure(self, key: str, value: float) -> None:
        self.wiring.workers["train"].send(Set(key, value))
        self._settings = self.settings.but(**{key: value})
        self.session.set("training", self._settings)

    def may_leave(self, window: QWidget) -> bool:
        """Whether a training may end now; that is asked."""
        if not self.training or self.following or not self.asks:
            return True
        box = QMessageBox(QMessageBox.Icon.NoIcon, "A training runs", _RUNS, parent=window)
        stop = box.addButton("Stop and keep what it learnt", QMessageBox.ButtonRole.AcceptRole)
        box.addButton("Go on training", QMessageBox.ButtonRole.RejectRole)
        box.exec()
        return box.clickedButton() is stop or not self.training

    def _submit(self, function: object, *arguments: object, doing: str) -> None:
        worker = self.wiring.workers["train"]
        worker.stop()  # what trains, follows or estimates; that is heard before anything of the new run
        self._stopping = self.training
        self.training, self.paused, self.following, self.broken = True, False, False, False
        self._total, self._done, self._early = self.settings.steps, 0, {}
        self.session.set("history", replace(self.session.state.history, at=None))
        self._begun = None
        worker.resume()  # one that ended just as it was to pause has left it so
        self.session.end_merge()
        self.past.begin()
        self.wiring.show_job("train", Progress(jobs.UNKNOWN, PREPARING))
        self.wiring.submit("train", "train", function, *arguments, doing=doing)

    def _began(self, event: Began) -> None:
        self.past.forget()
        self._total, self._done, self._begun = event.total, event.step, event.folder
        self._sent, self._early = self._early, {}
        for name, value in self._sent.items():  # what was sent before it listened is lost; twice is one change
            self.wiring.workers["train"].send(Set(name, value))

    def _stepped(self, event: Step) -> None:
        self._done = event.step
        if not self._stopping:
            self._show()

    def _show(self) -> None:
        """The share of the steps done, instead of the preparations."""
        share = round(min(self._done / max(self._total, 1), 1.0), 2)  # finer, and every step would lay out the bar
        self.wiring.show_job("train", Progress(share, PAUSED if self.paused else RUNNING))

    def _learnt(self, event: Snapshot) -> None:
        if not self._stopping:
            self.past.learnt(event.network)

    def _halted(self, event: Halted) -> None:
        self.wiring.show_job("train", Progress(jobs.UNKNOWN, WAITING))
        if not self.following:  # nobody here can answer, and it may long have gone on
            self.session.set("notice", Notice(event.text, "error", ("clip_here", "halve_rate", "train")))

    def _ended(self, event: Ended | Failed) -> None:
        if event.job != "train":
            return
        self.training = self.wiring.workers["train"].has("train")  # one that was submitted while this one ended
        self.paused = self._stopping = False
        self.following = self.following and self.training
        if self.training:
            self.wiring.show_job("train", Progress(jobs.UNKNOWN, PREPARING))
        self.session.end_merge()
        self.broken = False
        if isinstance(event, Failed) and self._begun is not None and trainings.can_resume(self._begun):
            self.broken = True
            ways = ("resume_parts", "resume_here") if is_memory(event.error) else ("resume_here",)
            self.session.set("notice", Notice(event.text, "error", ways))

    def _turned(self) -> None:
        """Knobs that may act at once do so; the others in a new run, as all do while one is only followed."""
        settings = self.settings
        for name in () if self.following else LIVE:
            if getattr(settings, name) != getattr(self._settings, name):
                self.wiring.workers["train"].send(Set(name, getattr(settings, name)))
                if self.training and self._begun is None:
                    self._early[name] = getattr(settings, name)
        self._settings = settings

    def _told(self) -> None:
        """After every evaluation: whether it learns too little or by heart."""
        before, history = self._seen, self.session.state.history
        self._seen = history
        if history.began is not None and history.began is not before.began:
            other = before.began is None or before.began.folder != history.began.folder
            if other or before.halted is None:  # one that goes back after a halt keeps what was turned
                self._adopt(history)
        if len(history.evaluated) != len(before.evaluated):
            self.wiring.status(fit=fit.verdict(history.steps, history.evaluated))

    def _adopt(self, history: History) -> None:
        """The knobs show what the run was begun with, and what was turned since."""
        assert history.began is not None
        turned = {each.key: each.after for each in history.changes} | self._sent
        self._sent = {}
        try:
            self._settings = parse(history.began.recipe, history.began.name).train.but(**turned)
        except (RecipeError, KnobError, TypeError) as error:  # of a later version, or written by hand
            self.wiring.tell(f"The knobs of {history.began.name} cannot be shown: {error}", "warning")
        else:
            self.session.set("training", self._settings)
