"""`soak.py SECONDS LINES`: the window listens to the microphone beside a training, and writes down how it fares.

A program of its own, started by tests/hostile/test_soak.py. It writes a line of JSON a second to the file LINES.

A gap is the time between two beats of a 10 ms timer in the window's thread. On a machine that others use, too, a
thread that could run waits for a processor; Linux tells how long each has (/proc/self/task/ID/schedstat). What is
left of a gap without these waits, but at least the time that the window's thread worked in it, is the program's
own doing: `stall`.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import psutil
from PySide6.QtCore import Qt, QTimer

from app import program
from engine import catalog, checkpoint

BEAT = 10
"""Milliseconds."""
TASKS = Path("/proc/self/task")


class Waits:
    """How long the threads of this process worked and waited for a processor, since the last look, in seconds."""

    def __init__(self) -> None:
        self._files: dict[str, int] = {}
        self._before: dict[str, tuple[int, int]] = {}
        self._main = str(os.getpid())

    def look(self) -> tuple[float, float]:
        """(work of the main thread, waits of all)."""
        self._know()
        worked, waited = 0, 0
        for task, file in list(self._files.items()):
            try:
                work, wait = (int(each) for each in os.pread(file, 99, 0).split()[:2])
            except (OSError, ValueError):  # the thread is over
                os.close(self._files.pop(task))
                self._before.pop(task, None)
                continue
            before = self._before.get(task, (0, 0))
            self._before[task] = (work, wait)
            waited += wait - before[1]
            worked += work - before[0] if task == self._main else 0
        return worked / 1e9, waited / 1e9

    def _know(self) -> None:
        """Find the threads that are new: what they waited is of the time since the last look."""
        for task in os.listdir(TASKS) if TASKS.is_dir() else ():
            if task not in self._files:
                try:
                    self._files[task] = os.open(TASKS / task / "schedstat", os.O_RDONLY)
                except OSError:
                    continue


class Soaked(program.Window):
    """A window that works through `stages` by itself, and is closed at the end."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.lines = Path(sys.argv[2]).open("w", buffering=1)
        self.waits, self.last = Waits(), time.perf_counter()
        self.worst, self.fill, self.phase, self.until = [0.0, 0.0], 0.0, "start", 0.0
        self.runs.settings = self.runs.settings.but(steps=1_000_000, batch=4)
        self.saving.asks = self.runs.asks = False
        self.beat, self.second = QTimer(self), QTimer(self)
        self.beat.setTimerType(Qt.TimerType.PreciseTimer)
        self.beat.timeout.connect(self.beaten)
        self.second.timeout.connect(self.told)
        self.stages = self.go()
        self.process, self.hosts = psutil.Process(), list[psutil.Process]()

    def begin(self) -> None:
        super().begin()
        self.waits.look()
        self.last = time.perf_counter()
        self.beat.start(BEAT)
        self.second.start(1000)

    def go(self) -> Any:
        """What happens one after another: yields until it is so."""
        session = self.session
        while not (self.wiring.ready and session.state.traced and session.state.traced.network_id):
            yield
        self.phase = "middle"
        small = catalog.load("models", "recurrent").Settings(hidden=64, layers=1)
        little = catalog.load("tasks", "phonemes").Settings(clips=32)
        session.set("network", checkpoint.untrained("phonemes", small, little))
        self.docks.arrange("Train")
        self.actions_by_name["train"].trigger()
        while len(session.state.history.steps) < 20:
            yield
        self.actions_by_name["live"].trigger()
        while not session.state.live:
            yield
        warm = time.monotonic() + 40.0  # until what is kept of a stream is full
        while time.monotonic() < warm:
            yield
        self.phase, self.until = "soak", time.monotonic() + float(sys.argv[1])
        while time.monotonic() < self.until:
            yield
        self.phase = "end"

    def beaten(self) -> None:
        now = time.perf_counter()
        gap, (worked, waited) = now - self.last, self.waits.look()
        self.last = now
        stall = max(worked, gap - waited)
        self.worst = [max(self.worst[0], stall), max(self.worst[1], gap)]
        tap = self.listening._tap
        if tap is not None:
            ring, port = tap.recorder._ring, tap.recorder._port
            inner: Any = getattr(port, "_ring", None)
            fills = [(ring.total - ring._seen) / len(ring._samples)]
            if hasattr(inner, "read_available"):
                fills.append(inner.read_available / (inner.read_available + inner.write_available))
            self.fill = max(self.fill, *fills)

    def told(self) -> None:
        next(self.stages, None)
        state, tap = self.session.state, self.listening._tap
        if self.phase != "soak":  # later it would count as the window's own work
            self.hosts = self.process.children(recursive=True)
        line = {
            "at": time.monotonic(), "phase": self.phase, "stall": self.worst[0], "gap": self.worst[1],
            "fill": self.fill, "dropped": tap.recorder.dropped if tap is not None else None,
            "memory": self.process.memory_info().rss / 1e6,
            "training": max((each.memory_info().rss / 1e6 for each in self.hosts), default=0.0),
            "steps": state.history.steps[-1].step if len(state.history.steps) else 0, "live": state.transport.live,
            "heard": tap.recorder.seconds if tap is not None else 0.0,
            "notice": state.notice.text if state.notice else "",
        }  # fmt: skip
        self.worst, self.fill = [0.0, 0.0], 0.0
        self.lines.write(json.dumps(line) + "\n")
        if self.phase == "end":
            self.beat.stop()
            self.second.stop()
            QTimer.singleShot(0, self, self.close)


if __name__ == "__main__":
    program.Window = Soaked  # type: ignore[misc,assignment]
    sys.exit(program.main(fresh=True))
