"""A worker: one background thread that advances jobs, which are generators, a step at a time. No Qt in it."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from app.trouble import explain
from engine.events import Ended, Failed

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    Function = Callable[..., Generator[Any, Any, None]]

log = logging.getLogger(__name__)

PATIENCE = 0.3
"""Seconds that a running job may still take when a newer one of its name waits."""

HELD = 0.1
"""Seconds for which a job waits for the painting of what the last one gave, if nobody says that it is done."""
WATCH = 0.5
"""Seconds between two looks whether the program still runs."""


class Report(NamedTuple):
    """An event, and the name of the job that it comes from."""

    job: str
    event: Any


@dataclass(eq=False)
class _Job:
    name: str
    function: Function
    arguments: tuple[Any, ...]
    doing: str
    steps: Generator[Any, Any, None] | None = None
    began: float = 0.0
    stopped: bool = False


class Worker:
    """Runs one job at a time; the others wait, at most one under each name, in the order of their submission.

    A submission replaces the job that waits under its name. The running one finishes, so that a knob dragged
    without pause still shows its results; only `stop`, or an age over PATIENCE with a newer one waiting,
    closes it. Closing happens between two steps.

    After an event of the kind `until_shown` no job begins before `release`, HELD seconds at the most: what was
    computed is painted first, and the next job begins with what was asked for last. `told` is called, in the
    worker's thread, when such an event has come.
    """

    def __init__(self, name: str, until_shown: type | None = None) -> None:
        self.name = name
        self.until_shown = until_shown
        self.told: Callable[[], object] | None = None
        self.events: deque[Report] = deque()
        self._waiting: dict[str, _Job] = {}
        self._running: _Job | None = None
        self._commands: deque[Any] = deque()
        self._paused = False
        self._steps = 0
        self._until: type = object
        self._closing = False
        self._held = 0.0
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._work, name=f"otoscope-{name}")
        self._thread.start()

    @property
    def job(self) -> str | None:
        """The name of the running job."""
        running = self._running
        return running.name if running else None

    @property
    def busy(self) -> bool:
        """Whether a job runs or waits."""
        with self._changed:
            return self._running is not None or bool(self._waiting)

    def has(self, name: str) -> bool:
        """Whether a job of that name runs or waits."""
        with self._changed:
            return name in self._waiting or (self._running is not None and self._running.name == name)

    @property
    def paused(self) -> bool:
        return self._paused

    def submit(self, name: str, function: Function, *arguments: Any, doing: str = "") -> None:
        """Run `function(*arguments)`, a generator, when its turn comes. `doing` names the work in messages."""
        with self._changed:
            self._waiting[name] = _Job(name, function, arguments, doing or name)
            self._changed.notify_all()

    def send(self, command: Any) -> None:
        """Give the running job a command: what its next `yield` returns."""
        with self._changed:
            if self._running is not None:
                self._commands.append(command)

    def pause(self) -> None:
        """Resume the running job no more, until `step` or `resume`."""
        with self._changed:
            self._paused = True

    def step(self, until: type = object) -> None:
        """Let a paused job go on up to its next event of a kind."""
        with self._changed:
            self._steps, self._until = self._steps + 1, until
            self._changed.notify_all()

    def resume(self) -> None:
        with self._changed:
            self._paused, self._steps = False, 0
            self._changed.notify_all()

    def stop(self, name: str | None = None) -> None:
        """Close the running job after its step and forget the waiting ones: all, or those of one name.

        Of each comes an Ended.
        """
        with self._changed:
            if self._running is not None and name in (None, self._running.name):
                self._running.stopped = True
                self._paused, self._steps = False, 0
            for each in [name] if name else list(self._waiting):
                if (forgotten := self._waiting.pop(each, None)) is not None:
                    self._say(forgotten, Ended(each, stopped=True))
            self._changed.notify_all()

    def close(self) -> None:
        """Stop everything and wait for the thread: a thread cut off inside torch would abort the program."""
        with self._changed:
            self._closing = True
        self.stop()
        self._thread.join()

    def _work(self) -> None:
        while (job := self._next()) is not None:
            end: Ended | Failed
            try:
                end = Ended(job.name, stopped=not self._run(job))
            except GeneratorExit:
                end = Ended(job.name, stopped=True)
            except Exception as error:
                log.exception("%s failed", job.doing)
                end = Failed(job.name, explain(error, job.doing), error)
            with self._changed:  # who takes the end, and asks then, hears that nothing of that name runs
                self._say(job, end)
                self._running = None
                self._commands.clear()

    def release(self) -> None:
        """What came is painted: the next job may begin."""
        with self._changed:
            self._held = 0.0
            self._changed.notify_all()

    def _next(self) -> _Job | None:
        with self._changed:
            while not self._over and not (self._waiting and (left := self._held - time.monotonic()) <= 0):
                self._changed.wait(left if self._waiting else WATCH)
            if self._over:
                return None
            job = self._running = self._waiting.pop(next(iter(self._waiting)))
            job.began = time.monotonic()
            return job

    def _run(self, job: _Job) -> bool:
        """Whether the job came to its own end."""
        steps = job.steps = job.function(*job.arguments)
        command = None
        try:
            while self._may_go_on(job):
                event = steps.send(command)
                if event is not None:
                    self._say(job, event)
                    with self._changed:
                        self._steps = max(0, self._steps - isinstance(event, self._until))
                command = self._command()
        except StopIteration:
            return True
        steps.close()
        return False

    def _may_go_on(self, job: _Job) -> bool:
        """Waits while paused. False when the job is to be closed."""
        with self._changed:
            # A job that has not begun has no command to wait for: pausing acts between steps.
            while self._paused and not self._steps and not job.stopped and not self._over:
                self._changed.wait(WATCH)
            aged = time.monotonic() - job.began > PATIENCE and job.name in self._waiting
            return not (job.stopped or self._over or aged)

    @property
    def _over(self) -> bool:
        """Closed, or the main thread has ended without closing: then nothing may keep the program alive."""
        return self._closing or not threading.main_thread().is_alive()

    def _command(self) -> Any:
        with self._changed:
            return self._commands.popleft() if self._commands else None

    def _say(self, job: _Job, event: Any) -> None:
        to_show = self.until_shown is not None and isinstance(event, self.until_shown)
        if to_show:
            self._held = time.monotonic() + HELD
        self.events.append(Report(job.name, event))
        if to_show and self.told is not None:
            self.told()
