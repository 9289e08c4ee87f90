"""An estimate: how long a run will take and how much memory, from a few real steps before it."""

from __future__ import annotations

import math
import time
import tracemalloc
from statistics import fmean
from typing import TYPE_CHECKING, Any

from engine import device, loader, recordings
from engine.events import Estimated, Progress
from engine.trainer import Trainer

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from engine.recipe import Recipe, TrainSettings

TRIES = 6
"""Steps that are taken; batches differ in length."""
STATES = 3
"""States of the training that a run keeps in memory, to go back to."""
WORKER = 80_000_000
"""Bytes of a process that makes batches, before it has read any recording."""


def estimate(chosen: Recipe, device_name: str = "auto") -> Generator[Any, Any, None]:
    """Take a few steps of a recipe with a network that is thrown away, and try a held-out batch.

    Yields Progress, None while something is made, and at last Estimated: for the whole run, if no patience ends it
    before. A batch is taken to cost less from the second epoch on by as much as it does when it is made again at
    once. Raises TrainingError, DeviceMissing, CorpusMissing.
    """
    began, settings = time.perf_counter(), chosen.train
    trainer = yield from loader.aside(Trainer, chosen, device_name)
    ready = time.perf_counter() - began
    news: list[float] = []
    olds: list[float] = []
    steps: list[float] = []
    frames = 0
    for number in range(TRIES):
        asked = (trainer.task.batch, "train", number % trainer.size, settings.batch, settings.seed)
        new, batch = yield from loader.aside(_timed, *asked)
        old, _ = yield from loader.aside(_timed, *asked)
        if number == 0:
            trainer.step(1, batch)  # the first of all takes longer
        steps.append(trainer.step(trainer.done + 1, batch).values["seconds"])
        news.append(new)
        olds.append(old)
        frames = max(frames, int(batch.lengths.max()))
        yield Progress((number + 1) / (TRIES + 1), "trying a few steps")
    count = trainer.task.batches("valid", settings.batch)
    tried = min(count, settings.evaluate_batches) if settings.evaluate_batches else count
    new, batch = yield from loader.aside(_timed, trainer.task.batch, "valid", 0, settings.batch, settings.seed)
    old, _ = yield from loader.aside(_timed, trainer.task.batch, "valid", 0, settings.batch, settings.seed)
    trial, _ = _timed(trainer.tried, batch)
    first = min(settings.steps, trainer.size)
    step = fmean(steps)
    learnt = first * _pace(step, fmean(news), settings) + (settings.steps - first) * _pace(
        step, fmean(olds), settings
    )
    again = evaluations(settings) * (settings.train_batches * (trial + fmean(olds)) + tried * (trial + old))
    seconds = ready + learnt + again + tried * max(0.0, new - old)
    memory = device.memory(trainer.device)
    if trainer.device == "cpu":
        another = (trainer.task.batch, "train", TRIES % trainer.size, settings.batch, settings.seed)
        kept, read = yield from loader.aside(_kept, *another)
        memory = device.peak() + STATES * sum(each.nbytes for each in trainer.state()[0].values())
        memory += _grown(kept, read, tried + (0 if settings.workers else max(0, first - TRIES)))
        memory += settings.workers * (WORKER + _grown(kept, read, first // max(1, settings.workers)))
    pace = _pace(step, fmean(olds), settings)
    yield Estimated(seconds, float(memory), pace, frames, trainer.seconds)


def evaluations(settings: TrainSettings) -> int:
    """How many there are in a run; the last step always has one."""
    return math.ceil(settings.steps / settings.evaluate_every) if settings.evaluate_every else 1


def _pace(step: float, made: float, settings: TrainSettings) -> float:
    """Seconds from step to step: a batch is waited for, or made by other processes meanwhile."""
    return max(step, made / settings.workers) if settings.workers else step + made


def _timed(function: Callable[..., Any], *arguments: Any) -> tuple[float, Any]:
    began = time.perf_counter()
    found = function(*arguments)
    return time.perf_counter() - began, found


def _kept(function: Callable[..., Any], *arguments: Any) -> tuple[int, int]:
    """The bytes that a call leaves behind beside what it returns, but for recordings, and those of recordings.

    A task may keep all clips that it has made.
    """
    before = recordings.held()
    tracemalloc.start()
    try:
        found = function(*arguments)
        del found
        read = max(0, recordings.held() - before)
        return max(0, tracemalloc.get_traced_memory()[0] - read), read
    finally:
        tracemalloc.stop()


def _grown(kept: int, read: int, batches: int) -> int:
    """Bytes that a process has kept after so many batches: of recordings no more than it keeps in any case."""
    return kept * batches + min(read * batches, recordings.KEPT)
