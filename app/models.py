"""Models: which network is shown, what its knobs do to it, and its training."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from app import jobs
from engine import default
from engine.events import Ended, Failed, Progress, Restored, Set, Snapshot, Step
from engine.recipe import TrainSettings
from engine.session import History

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.wiring import Wiring
    from engine.knob import Settings
    from engine.session import Session

LIVE = ("lr", "weight_decay", "clip")
"""Knobs of training that act at once."""


class Models:
    """Asks for networks by name, by task or by settings, and hosts the training."""

    def __init__(self, session: Session, wiring: Wiring, in_process: bool = False) -> None:
        self.session = session
        self.wiring = wiring
        self.in_process = in_process
        self.runs = Path(platformdirs.user_data_dir("otoscope", appauthor=False)) / "runs"
        self.settings = TrainSettings(steps=2000)
        self.networks: Mapping[str, tuple[str, ...]] = {}
        self.training = False
        self.paused = False
        self._first = ""
        self._steps = self.settings.steps  # of the training that runs
        self._stopping = False  # what still comes then is no more shown
        wiring.on(Snapshot, self._learnt)
        wiring.on(Restored, lambda _: self.stop())  # what is learnt is no part of another session
        wiring.on(jobs.Listed, self._listed)
        wiring.on(Step, self._stepped)
        for kind in (Ended, Failed):
            wiring.on(kind, self._ended)

    def start(self, network: str = "") -> None:
        """List the bundled networks, and open the first one."""
        self._first = network
        self.wiring.submit("background", "networks", jobs.list_networks, doing="listing the networks")

    def open(self, name: str | Path) -> None:
        """A bundled network by its name, or a file."""
        self.wiring.submit("background", "network", jobs.open_network, name, doing=f"opening {name}")

    def choose_task(self, task: str) -> None:
        """The first bundled network of a task, or an untrained one; and the clip that it is tried on."""
        names = self.networks.get(task, ())
        if names:
            self.open(_preferred(names))
        else:
            self.wiring.submit("background", "network", jobs.untrained, task, doing=f"building {task}")
        self.wiring.submit("background", "pinned", jobs.example_of, task, doing=f"opening the example of {task}")

    def change(self, settings: Settings, merge: str) -> None:
        """Other settings: a bundled network where there is one of that shape, else an untrained one at once."""
        network = self.session.state.network
        if network is None:
            return
        if self.training:
            self.wiring.tell("Training has stopped: its network was changed.")
            self.stop()
        self.wiring.submit(
            "inspect", "rebuild", jobs.rebuild, network, settings, merge, doing="building the network"
        )

    def reset(self) -> None:
        """Back to the bundled network of the task."""
        network = self.session.state.network
        names = self.networks.get(network.task, ()) if network is not None else ()
        if network is not None and network.name in names:
            self.open(network.name)
        elif names:
            self.open(_preferred(names))
        else:
            self.wiring.tell("No trained network of this task comes with the program: train one here.", "warning")

    def set_device(self, name: str) -> None:
        self.session.set("device", name)

    def train(self) -> None:
        """Start the training of a network of this shape, or stop it."""
        network = self.session.state.network
        if self.training:
            self.stop()
        elif network is None:
            self.wiring.tell("There is no network to train yet: choose a task first.", "warning")
        else:
            self.training, self.paused, self._stopping = True, False, False
            self._steps = self.settings.steps
            self.wiring.workers["train"].resume()  # one that ended just as it was to pause has left it so
            self.session.set("history", History())
            self.session.end_merge()
            asked = (network, self.settings, self.session.state.device, self.runs, self.in_process)
            self.wiring.submit("train", "train", jobs.train, *asked, doing=f"training {network.task}")

    def stop(self) -> None:
        """End the training after the step that runs, which may take a while: that is shown."""
        self._stopping = self.training
        if self.training:
            self.wiring.show_job("train", Progress(jobs.UNKNOWN, "stopping the training"))
        self.wiring.workers["train"].stop()

    def pause(self) -> None:
        """Hold the training, or let it go on."""
        if not self.training:
            return
        self.paused = not self.paused
        worker = self.wiring.workers["train"]
        (worker.pause if self.paused else worker.resume)()

    def set_training(self, settings: TrainSettings) -> None:
        """Knobs of training: those that may act at once, do; the others at the next start."""
        for name in LIVE:
            if getattr(settings, name) != getattr(self.settings, name):
                self.wiring.workers["train"].send(Set(name, getattr(settings, name)))
        self.settings = settings

    def _listed(self, event: jobs.Listed) -> None:
        self.networks = event.networks
        if self.session.state.network is not None:
            return
        if self._first:
            self.open(self._first)
        elif any(event.networks.values()):
            self.open(default.network())
        elif event.networks:
            task = next(iter(event.networks))
            self.wiring.submit("background", "network", jobs.untrained, task, doing=f"building {task}")

    def _stepped(self, event: Step) -> None:
        """The share of the steps done, instead of the preparations."""
        if not self._stopping:
            self.wiring.show_job("train", Progress(event.step / self._steps, "training"))

    def _learnt(self, event: Snapshot) -> None:
        if not self._stopping:
            self.session.set("network", event.network, "training")

    def _ended(self, event: Ended | Failed) -> None:
        if event.job == "train":
            self.training = self.paused = self._stopping = False
            self.session.end_merge()
            # The buttons that show the training look at the jobs.
            self.session.set("history", replace(self.session.state.history))


def _preferred(names: tuple[str, ...]) -> str:
    """The one that is named only by its task and cell, or the first."""
    return min(names, key=lambda name: (name.count("-"), "lstm" not in name, names.index(name)))
