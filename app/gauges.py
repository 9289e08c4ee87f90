"""Gauges: once a second, what the work costs, as a line and a table in the status bar."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from engine import errorname
from engine.events import Began, Frames, Step, Traced
from engine.telemetry import Machine, Sample, Telemetry

if TYPE_CHECKING:
    from collections.abc import Generator

    from app.wiring import Wiring

EVERY = 1.0
"""Seconds between two looks."""


class Gauges:
    """Hears the events, and asks the machine in a worker's thread: a counter may take its time to answer."""

    def __init__(self, wiring: Wiring) -> None:
        self.wiring = wiring
        self.telemetry, self._machine = Telemetry(), Machine()
        self._asked = 0.0
        wiring.on(Traced, self._traced)
        wiring.on(Frames, self.telemetry.heard)
        wiring.on(Step, lambda event: self.telemetry.stepped(event, time.monotonic()))
        wiring.on(Began, lambda _: self.telemetry.began())
        wiring.on(Sample, self._show)

    def tick(self) -> None:
        """Ask anew, if it is time, and not while the program starts. What waits for a long job is asked once."""
        now = time.monotonic()
        if self.wiring.ready and now - self._asked >= EVERY:
            self._asked = now
            self.wiring.submit("background", "gauges", _sample, self._machine)

    def _traced(self, event: Traced) -> None:
        self.telemetry.traced(event, errorname.read_by(self.wiring.session.state.network))

    def _show(self, event: Sample) -> None:
        now = time.monotonic()
        table = "\n".join(f"{name}: {words}" for name, words in self.telemetry.table(event, now).items())
        self.wiring.status(cost=self.telemetry.line(event, now), costs=table)


def _sample(machine: Machine) -> Generator[Sample, None, None]:
    yield machine.sample()
