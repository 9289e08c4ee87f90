"""How often the window's timer ticks: seldom where nothing happens, as a window at rest is to cost nothing."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from engine.session import KEYS

if TYPE_CHECKING:
    from PySide6.QtCore import QTimer

    from app.wiring import Wiring

TICK = 8
"""Milliseconds between two ticks of the timer."""
REST = 40
"""The same where nothing has happened for PAUSE seconds: the first change ends that at once."""
PAUSE = 1.0
_BY_ITSELF = ("status",)
"""What changes though nobody does anything: gauges of memory and power."""


class Pace:
    """Whoever changes the session stirs the timer."""

    def __init__(self, timer: QTimer, wiring: Wiring) -> None:
        self.timer, self.wiring = timer, wiring
        self._stirred = time.monotonic()
        for key in KEYS:
            if key not in _BY_ITSELF:
                wiring.session.on(key, self.stir)

    def stir(self) -> None:
        """Something happened: the next tick comes soon."""
        self._stirred = time.monotonic()
        if self.timer.interval() == REST:
            self.timer.setInterval(TICK)

    def settle(self) -> None:
        """After a tick that has shown nothing new."""
        awake = time.monotonic() - self._stirred < PAUSE
        awake = awake or any(worker.busy for worker in self.wiring.workers.values())
        if self.timer.interval() != (interval := TICK if awake else REST):
            self.timer.setInterval(interval)
