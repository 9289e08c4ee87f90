"""The course of a training: its steps and evaluations in order, what is kept of it, and the ways back."""

from __future__ import annotations

import math
import time
from collections import deque
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING, Any

from engine import checkpoint, loader
from engine.early import Early
from engine.events import Began, Changed, Evaluated, Halted, Notice, Set, Snapshot, Step
from engine.recipe import LIVE
from engine.standing import Standing
from engine.trainer import NotFinite, TrainingError

if TYPE_CHECKING:
    from collections.abc import Generator

    from engine.network import Network
    from engine.run import Run
    from engine.tasks.task import Batch
    from engine.trainer import Trainer

    Events = Generator[Any, Set | None, None]

PAUSE = 0.5
"""Seconds between two snapshots at the least: nobody sees more, and copying weights takes time."""
KEEP = 5.0
"""Seconds between two states that can be gone back to, or on from."""
LATEST = 8.0
"""Seconds after which a state is due, whatever it costs: with two more for a step and the disk, a kill loses ten
at most."""
SHARE = 0.02
"""Of its time a training spends so much on copying weights, at the most."""
LONGEST = 0.3
"""Seconds that sending a snapshot may take."""
LOOK = 0.1
"""Seconds between two looks whether a halted training may go on."""
GO_ON = Set("go on", True)
"""The command to a halted training that changes no knob."""


class Course:
    """Leads a Trainer from where it stands to the end."""

    def __init__(self, trainer: Trainer, began: Began, record: Run | None, attended: bool) -> None:
        """`attended`: somebody is there who can answer when the training halts."""
        self.trainer, self.began, self.record, self.attended = trainer, began, record, attended
        self.early = Early(trainer.settings.monitor)
        self.best: Network | None = None
        self.tried = began.step  # the step of the last evaluation, or of the beginning
        self._finished = False
        self._whole = True  # no step is half done
        self._halted = -1  # the step that was last gone back to
        self._ways: deque[Standing] = deque(maxlen=3)
        self._shown, self._shown_at, self._pause = -1, -math.inf, PAUSE
        self._stood_at, self._rest, self._trying = -math.inf, KEEP, math.inf

    def restore(self, course: Any) -> None:
        """The rest of what a Standing holds."""
        self.tried = course["tried"]
        self.early.restore(course["early"])

    def go(self) -> Events:
        """Every event up to the end. Raises TrainingError."""
        self.trainer.obey((yield self.began))
        yield from self._told()
        if self.record and self.began.parent and not self.record.kept:  # the curves of a fork begin with its first
            yield from self._snapshot(self.trainer.network(self.trainer.done))
        self.stand()
        batches: Generator[Batch | None, None, None] | None = None
        try:
            if self.began.step != self.tried:
                yield from self._duties()  # it was stopped before these
            while not self.over:
                batches = batches or self._batches()
                try:
                    yield from self._step(batches)
                except NotFinite as error:
                    batches.close()
                    batches = None
                    yield from self._halt(error)
                else:
                    yield from self._duties()
            yield from self._finish()
        finally:
            if batches is not None:
                batches.close()

    @property
    def over(self) -> bool:
        return self.trainer.done >= self.began.total or self.stale

    @property
    def stale(self) -> bool:
        """Whether patience is at its end."""
        return 0 < self.trainer.settings.patience <= self.early.waited

    def stand(self, write: bool = True) -> None:
        """Keep all that it takes to go on from here, in memory and in the record."""
        if not (self.record or self.attended):
            return
        began = time.monotonic()
        arrays, plain = self.trainer.state()
        course = {"name": self.began.name, "parent": self.began.parent, "total": self.began.total}
        course |= {"tried": self.tried, "early": self.early.state(), "end": self.record.end if self.record else 0}
        course |= {"finished": self._finished}
        stood = Standing(self.trainer.done, arrays, plain, course)
        if self._ways and self._ways[-1].step == stood.step:
            self._ways.pop()
        self._ways.append(stood)
        self._rest = min(max(KEEP, (time.monotonic() - began) / SHARE), LATEST)
        if write:
            self._stood_at = began
            if self.record:
                self.record.stand(stood)

    def _is_due(self, soon: float = 0.0) -> bool:
        """Whether it is time to write a state, or will be in so many seconds; evaluations may come faster than a
        disk takes states."""
        rested = time.monotonic() + soon - self._stood_at >= self._rest
        return rested and not (self.record and self.record.is_standing)

    def leave(self) -> None:
        """Keep what was learnt before a stop. A step that was broken off half done is taken back."""
        if not self._whole:
            self.trainer.restore(self._ways[-1].arrays, self._ways[-1].trainer)
            self.restore(self._ways[-1].course)
        if self.record and self.trainer.done > self.began.step:
            for event in self.trainer.changes():  # they act when it goes on
                if isinstance(event, Changed):
                    self.record.log(event)
            self.record.keep(self.trainer.network(self.trainer.done))
            self.stand()

    def _batches(self) -> Generator[Batch | None, None, None]:
        recipe, settings = self.trainer.recipe, self.trainer.recipe.train
        asked = (recipe.task, recipe.task_settings, settings.batch, settings.seed, settings.workers)
        return loader.training(self.trainer.task, *asked, self.trainer.done, settings.bucket)

    def _step(self, batches: Generator[Batch | None, None, None]) -> Events:
        try:
            while (batch := next(batches)) is None:
                self.trainer.obey((yield None))
        except BrokenProcessPool as error:
            raise TrainingError(
                "a process that prepares batches was killed from outside, or the machine was out of memory: go on "
                "with smaller batches or with fewer train.workers"
            ) from error
        yield from self._told()
        self._whole = False
        step = self.trainer.step(self.trainer.done + 1, batch)
        self._whole = True
        yield from self._say(step)

    def _duties(self) -> Events:
        """What is due after a step: an evaluation, a snapshot, a state."""
        number, settings = self.trainer.done, self.trainer.settings
        every = settings.evaluate_every
        tries = self.tried < number and (self.over or (every > 0 and number % every == 0))
        if self._is_due(self._trying if tries else 0.0):  # how long the first takes nobody knows: it comes later
            self.stand()
        if tries:
            began = time.monotonic()
            yield from self._evaluate()
            self._trying = time.monotonic() - began
        # The first step shows at once that another network is on the screen than the one before.
        first = number == self.began.step + 1
        rested = time.monotonic() - self._shown_at >= self._pause and not (self.record and self.record.busy)
        if not self.over and (first or (rested and number % settings.snapshot_every == 0)):
            began = time.monotonic()
            network = self.trainer.network(number)
            copied = time.monotonic()
            yield from self._snapshot(network)
            sent = time.monotonic()  # to another process perhaps; what takes long is a user's pause, and no cost
            took = (sent if sent - copied < LONGEST else copied) - began
            self._pause = max(PAUSE, took / SHARE)
        if tries:
            self.stand(write=self.over or self._is_due())

    def _evaluate(self) -> Events:
        number, settings = self.trainer.done, self.trainer.settings
        training: Evaluated | None = None
        few = settings.train_batches or (settings.monitor == "training loss")
        if few:
            training = yield from self.trainer.evaluate("train", number, int(few))
            yield from self._say(training)
        held_out = yield from self.trainer.evaluate("valid", number, settings.evaluate_batches)
        self.tried = number
        self.trainer.heard(self.early.value(held_out, training)[0])
        better = self.early.heard(held_out, training)
        network = self.trainer.network(number, held_out)
        self.best = network if better else self.best
        if self.record:
            self.record.keep(network)
            if better:
                self.record.keep(network, best=True)
        yield from self._say(held_out)
        if better:
            yield from self._snapshot(network)

    def _snapshot(self, network: Network) -> Events:
        step = int(network.metrics["step"])
        if step == self._shown:
            return
        kept = self.record.snapshot(network, step, self.early.step) if self.record else ()
        self._shown, self._shown_at = step, time.monotonic()
        yield from self._say(Snapshot(step, network, kept))

    def _halt(self, error: NotFinite) -> Events:
        """Go back to the weights before the error, and wait there for a command."""
        now, stood = self.trainer.settings, self._back(error.step)
        before = stood.trainer["live"]["lr"]
        lr = max(before if before < now.lr else now.lr / 2, 1e-6)
        text = (
            f"{error}. It has gone back to step {stood.step}: go on from there with a lower learning rate, "
            f"{lr:.2g} say, or with clipped gradients"
        )
        if not self.attended:
            raise TrainingError(text) from error
        for name in LIVE:  # the knobs stay as they are seen, which is told, as what was told since then is cut off
            self.trainer.obey(Set(name, getattr(now, name)))
        halted = Halted(error.step, text, stood.step, lr)
        if self.record:
            self.record.log(halted)
        command, answered = (yield halted), False
        while command is not None or not answered:  # the last move of a knob counts
            self.trainer.obey(command)
            answered = answered or command is not None
            time.sleep(LOOK)
            command = yield None
        if self.record:
            self.record.back(stood)
            yield Began(**{**vars(self.began), "step": stood.step})
            self.record.log(halted)
            self.record.stand(stood)
        yield from self._told()

    def _back(self, step: int) -> Standing:
        """Restore the newest state; an older one where that one led to the same end at once."""
        if len(self._ways) > 1 and self._ways[-1].step == self._halted:
            self._ways.pop()
        stood = self._ways[-1]
        self._halted = stood.step
        self.trainer.restore(stood.arrays, stood.trainer)
        self.restore(stood.course)
        self._whole = True
        return stood

    def _finish(self) -> Events:
        """The last network, or with patience the best one."""
        network = self.trainer.network(self.trainer.done)
        if self.trainer.settings.patience and self.early.step != self.trainer.done:
            network = yield from self._restored(network)
        if self.record:
            self.record.keep(network)
        yield from self._snapshot(network)
        self._finished = True
        self.stand()
        if self.record:
            while self.record.busy:
                yield None
                time.sleep(0.01)
            yield from self.record.notices()
            if self.record.failing:
                lost = "trained, but what was learnt last could not be written: save the network in another place"
                yield Notice(f"{lost} than {self.record.folder}", "error")
            else:
                yield Notice(f"trained: the best network is {self.record.best}")

    def _restored(self, network: Network) -> Generator[Any, Set | None, Network]:
        if self.best is None and self.record:
            try:
                self.best = checkpoint.load(self.record.best)
            except checkpoint.CheckpointError as error:
                yield Notice(f"{error}; the last network stays", "warning")
        if self.best is None:
            return network
        why = f", as {self.early.waited} evaluations brought nothing better" if self.stale else ""
        best = f"the weights of step {self.early.step}, the best, are restored"
        yield Notice(f"ended at step {self.trainer.done}{why}: {best}")
        return self.best

    def _say(self, event: Step | Evaluated | Changed | Halted | Snapshot) -> Events:
        if self.record and not isinstance(event, Snapshot):
            self.record.log(event)
        self.trainer.obey((yield event))
        yield from self._told()

    def _told(self) -> Events:
        """Knobs that were turned, and what the record has to say."""
        while told := self.trainer.changes():
            for event in told:
                if self.record and isinstance(event, Changed):
                    self.record.log(event)
                self.trainer.obey((yield event))
        if self.record:
            yield from self.record.notices()
