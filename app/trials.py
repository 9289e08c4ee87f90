"""Trials: what is found out before a training, by computing its schedule or by a few steps of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from app import trainings
from engine import optim
from engine.events import Estimated, Found
from engine.recipe import TrainSettings
from engine.session import Curve
from widgets.panels.run import lasting

if TYPE_CHECKING:
    from app.wiring import Wiring
    from engine.session import Session

POINTS = 300
"""Steps at which the preview of a schedule is computed."""


class Trials:
    """Puts what is found into the status: schedule and rates as Curves, and estimate in words.

    They run on the worker `train`, where a training ends them.
    """

    def __init__(self, session: Session, wiring: Wiring, in_process: bool = False) -> None:
        self.session = session
        self.wiring = wiring
        self.in_process = in_process
        wiring.on(Found, self._found)
        wiring.on(Estimated, self._estimated)
        session.on("training", self._preview)
        for key in ("training", "network", "device"):
            session.on(key, self._forget)
        self._preview()

    @property
    def settings(self) -> TrainSettings:
        found = self.session.state.training
        return found if isinstance(found, TrainSettings) else TrainSettings()

    def find_rate(self) -> None:
        """Try learning rates, or end that."""
        self._try("rates", trainings.find_rate, "trying learning rates")

    def estimate(self) -> None:
        """Find out what the training would cost, or end that."""
        self._try("estimate", trainings.estimate, "estimating the training")

    def use_rate(self) -> None:
        """Take the learning rate that was found."""
        found = self.session.state.status.get("rates")
        if found is not None and found.mark is not None:
            self.session.set("training", self.settings.but(lr=found.mark))

    def _try(self, name: str, job: object, doing: str) -> None:
        network, worker = self.session.state.network, self.wiring.workers["train"]
        if worker.has(name):
            worker.stop(name)
        elif network is None or worker.has("train"):
            self.wiring.tell("That is tried on a network that does not train: stop the training first.", "warning")
        else:
            asked = (network, self.settings, self.session.state.device, self.in_process)
            self.wiring.submit("train", name, job, *asked, doing=doing)

    def _found(self, event: Found) -> None:
        rates, losses = np.array(event.rates), np.array(event.losses)
        self.wiring.status(rates=Curve(rates, losses, float(f"{event.advised:.2g}")))

    def _estimated(self, event: Estimated) -> None:
        memory = f"{event.memory / 1e9:.1f} GB" if event.memory >= 1e9 else f"{event.memory / 1e6:.0f} MB"
        cost = f"{self.settings.steps} steps: about {lasting(event.seconds)}, {memory}"
        self.wiring.status(estimate=f"{cost}; {event.length}")

    def _forget(self) -> None:
        """The estimate was of other settings."""
        if self.session.state.status.get("estimate"):
            self.wiring.status(estimate="")

    def _preview(self) -> None:
        """The learning rate over the run, for the panel."""
        settings = self.settings
        steps = np.unique(np.linspace(1, settings.steps, POINTS).round().astype(int))
        rates = np.array([settings.lr * optim.schedule(settings, int(each)) for each in steps])
        self.wiring.status(schedule=Curve(steps, rates))
