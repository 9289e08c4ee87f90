"""Runs: trainings that the window hosts, steers and looks back at."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import platformdirs
from PySide6.QtWidgets import QMessageBox

from app import jobs
from app.chronicle import with_run
from app.trouble import is_memory
from engine import fit, optim
from engine.events import (
    Began,
    Ended,
    Estimated,
    Failed,
    Found,
    Halted,
    Notice,
    Progress,
    Restored,
    Set,
    Snapshot,
    Step,
)
from engine.recipe import LIVE, TrainSettings, parse
from engine.session import ASIDE, Curve, History
from widgets.panels.run import lasting

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from app.wiring import Wiring
    from engine.network import Network
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
POINTS = 300
"""Steps at which the preview of a schedule is computed."""


class Runs:
    """One training at a time, on the worker `train`; its record lies in a folder of `folder`."""

    def __init__(self, session: Session, wiring: Wiring, in_process: bool = False) -> None:
        self.session = session
        self.wiring = wiring
        self.in_process = in_process
        self.folder = Path(platformdirs.user_data_dir("otoscope", appauthor=False)) / "runs"
        self.training = self.paused = self.following = False
        self.broken = False
        """Whether the run that is shown broke off, and can go on."""
        self.asks = True
        """Whether somebody is there to answer."""
        self._stopping = False  # what still comes then is no more shown
        self._newest: Network | None = None
        self._shown: Network | None = None  # by this: another one was chosen by the user
        self._settings = self.settings
        self._total, self._done = self.settings.steps, 0
        self._early: dict[str, Any] = {}  # live knobs turned before the run began
        self._seen = session.state.history
        self._begun: Path | None = None  # where the run lies that is hosted now
        wiring.on(Began, self._began)
        wiring.on(Snapshot, self._learnt)
        wiring.on(Step, self._stepped)
        wiring.on(Halted, self._halted)
        wiring.on(Restored, lambda _: self.stop())  # what is learnt is no part of another session
        wiring.on(Found, self._found)
        wiring.on(Estimated, self._estimated)
        wiring.on(jobs.Looked, self._looked)
        wiring.on(jobs.Compared, self._compared)
        for kind in (Ended, Failed):
            wiring.on(kind, self._ended)
        session.on("training", self._turned)
        session.on("network", self._network_changed)
        session.on("history", self._told)
        self._preview()

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

    @property
    def place(self) -> Path | None:
        """The folder of the run that is shown."""
        began = self.session.state.history.began
        return began.folder if began is not None else None

    @property
    def at(self) -> int | None:
        """The step of the run whose snapshot is looked at, or the newest that is kept."""
        history = self.session.state.history
        if history.at is not None and history.at != ASIDE:
            return history.at
        return history.kept[-1] if history.kept else None

    # Start and stop.

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
        self._submit(jobs.train, *asked, doing=f"training {network.task}")

    def fork(self) -> None:
        """A new run from the snapshot that is looked at, with the settings of now."""
        network, place, at = self.session.state.network, self.place, self.at
        if place is None or at is None or network is None:
            self.wiring.tell("There is no snapshot to fork from: train first, or open a run.", "warning")
            return
        shape = network.settings if self.session.state.history.at != ASIDE else None
        asked = (place, at, shape, self.settings, self.session.state.device, self.folder, self.in_process)
        self._submit(jobs.fork, *asked, doing=f"forking from step {at}")

    def resume(self, place: Path | None = None, parts: int = 1) -> None:
        """Let a run go on from where it was; each batch in `parts` times as many parts."""
        place = place or self.place
        if place is None:
            self.wiring.tell("There is no run to go on with: train first, or open one.", "warning")
            return
        asked = (place, parts, self.session.state.device, self.in_process)
        self._submit(jobs.resume, *asked, doing=f"resuming {place.name}")

    def follow(self, place: Path) -> None:
        """Show a run that lies in a folder, and what is still written there."""
        self._submit(jobs.follow, place, doing=f"following {place.name}")
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
        self.wiring.workers["train"].send(Set("lr", halted.lr))
        self._settings = self.settings.but(lr=halted.lr)
        self.session.set("training", self._settings)

    def find_rate(self) -> None:
        """Try learning rates, or end that."""
        self._try("rates", jobs.find_rate, "trying learning rates")

    def estimate(self) -> None:
        """Find out what the training would cost, or end that."""
        self._try("estimate", jobs.estimate, "estimating the training")

    def _try(self, name: str, job: object, doing: str) -> None:
        network, worker = self.session.state.network, self.wiring.workers["train"]
        if worker.has(name):
            worker.stop(name)
        elif network is None or self.training:
            self.wiring.tell("That is tried on a network that does not train: stop the training first.", "warning")
        else:
            asked = (network, self.settings, self.session.state.device, self.in_process)
            self.wiring.submit("train", name, job, *asked, doing=doing)

    def use_rate(self) -> None:
        """Take the learning rate that was found."""
        found = self.session.state.status.get("rates")
        if found is not None and found.mark is not None:
            self.settings = self.settings.but(lr=found.mark)

    def may_leave(self, window: QWidget) -> bool:
        """Whether a training may end now; that is asked."""
        if not self.training or self.following or not self.asks:
            return True
        box = QMessageBox(QMessageBox.Icon.NoIcon, "A training runs", _RUNS, parent=window)
        stop = box.addButton("Stop and keep what it learnt", QMessageBox.ButtonRole.AcceptRole)
        box.addButton("Go on training", QMessageBox.ButtonRole.RejectRole)
        box.exec()
        return box.clickedButton() is stop or not self.training

    # Look back, and beside.

    def look(self, step: int | None) -> None:
        """Show the network as it was after a step of the run; None the newest, and what it becomes."""
        history, place = self.session.state.history, self.place
        if step == history.at:
            return
        self.session.set("history", replace(history, at=step))
        if step is None and self._newest is not None:
            self._show_network(self._newest)
        elif place is not None and (asked := step if step is not None else self.at) is not None:
            self.wiring.submit("inspect", "look", jobs.look, place, asked, doing=f"opening step {asked}")

    def looked(self) -> None:
        """The moves of a hand along the time line are over: they are one change."""
        self.session.end_merge()

    def compare(self, place: Path) -> None:
        """Draw the curves of another run beside those of this one."""
        self.wiring.submit("background", f"compare {place}", jobs.compare, place, doing=f"opening {place.name}")

    def alone(self) -> None:
        """Only the run of now."""
        self.session.set("compared", ())

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
        self.wiring.show_job("train", Progress(jobs.UNKNOWN, PREPARING))
        self.wiring.submit("train", "train", function, *arguments, doing=doing)

    def _began(self, event: Began) -> None:
        self._newest = None
        self._total, self._done, self._begun = event.total, event.step, event.folder

    def _stepped(self, event: Step) -> None:
        self._early.clear()
        self._done = event.step
        if not self._stopping:
            self._show()

    def _show(self) -> None:
        """The share of the steps done, instead of the preparations."""
        share = round(min(self._done / max(self._total, 1), 1.0), 2)  # finer, and every step would lay out the bar
        self.wiring.show_job("train", Progress(share, PAUSED if self.paused else RUNNING))

    def _learnt(self, event: Snapshot) -> None:
        if self._stopping:
            return
        self._newest = event.network
        if self.session.state.history.at is None:
            self._show_network(event.network)

    def _looked(self, event: jobs.Looked) -> None:
        history = self.session.state.history
        if history.at == event.step or (history.at is None and self.at == event.step):
            self._show_network(event.network)

    def _show_network(self, network: Network) -> None:
        self._shown = network
        self.session.set("network", network, "training")

    def _network_changed(self) -> None:
        """Another network, chosen by the user, stays; what only training heeds may be turned on any."""
        network, history, shown = self.session.state.network, self.session.state.history, self._shown
        if self.session.state.status.get("estimate"):
            self.wiring.status(estimate="")
        if network is shown or network is None or shown is None:
            return
        if network.id != shown.id:
            at: int | None = ASIDE
        else:
            at = history.at if history.at is not None else network.metrics.get("step")
        self.session.set("history", replace(history, at=at))

    def _halted(self, event: Halted) -> None:
        self.wiring.show_job("train", Progress(jobs.UNKNOWN, WAITING))
        self.session.set("notice", Notice(event.text, "error", ("halve_rate", "train")))

    def _found(self, event: Found) -> None:
        rates, losses = np.array(event.rates), np.array(event.losses)
        self.wiring.status(rates=Curve(rates, losses, float(f"{event.advised:.2g}")))

    def _estimated(self, event: Estimated) -> None:
        memory = f"{event.memory / 1e9:.1f} GB" if event.memory >= 1e9 else f"{event.memory / 1e6:.0f} MB"
        words = f"about {lasting(event.seconds)} and {memory} of memory"
        self.wiring.status(estimate=f"{self.settings.steps} steps take {words}.")

    def _compared(self, event: jobs.Compared) -> None:
        self.session.set("compared", with_run(self.session.state.compared, event.history))

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
        if isinstance(event, Failed) and self._begun is not None and jobs.can_resume(self._begun):
            self.broken = True
            ways = ("resume_parts", "resume_here") if is_memory(event.error) else ("resume_here",)
            self.session.set("notice", Notice(event.text, "error", ways))

    def _turned(self) -> None:
        """Knobs that may act at once do so; the others in a new run."""
        settings = self.settings
        for name in LIVE:
            if getattr(settings, name) != getattr(self._settings, name):
                self.wiring.workers["train"].send(Set(name, getattr(settings, name)))
                if self.training:
                    self._early[name] = getattr(settings, name)
        self._settings = settings
        self._preview()
        self.wiring.status(estimate="")  # of other settings

    def _preview(self) -> None:
        """The learning rate over the run, for the panel."""
        settings = self.settings
        steps = np.unique(np.linspace(1, settings.steps, POINTS).round().astype(int))
        rates = np.array([settings.lr * optim.schedule(settings, int(each)) for each in steps])
        self.wiring.status(schedule=Curve(steps, rates))

    def _told(self) -> None:
        """After every evaluation: whether it learns too little or by heart."""
        before, history = self._seen, self.session.state.history
        self._seen = history
        if history.began is not None and history.began is not before.began and before.halted is None:
            self._adopt(history)
        if len(history.evaluated) != len(before.evaluated):
            self.wiring.status(fit=fit.verdict(history.steps, history.evaluated))

    def _adopt(self, history: History) -> None:
        """The knobs show what the run was begun with, and what was turned since."""
        assert history.began is not None
        if history.began.recipe:
            turned = {each.key: each.after for each in history.changes} | self._early
            self._early = {}
            self._settings = parse(history.began.recipe, history.began.name).train.but(**turned)
            self.session.set("training", self._settings)
