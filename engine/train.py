"""Training: a generator that knows no task. It yields steps, evaluations and snapshots, and takes commands."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

from engine import loader
from engine.events import Notice, Set, Snapshot
from engine.recipe import TrainSettings
from engine.run import Run
from engine.trainer import Trainer, TrainingError

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from engine.recipe import Recipe

    Events = Generator[Any, Set | None, None]

__all__ = ["TrainSettings", "Trainer", "TrainingError", "train"]

PAUSE = 0.5
"""Seconds between two snapshots at the least: nobody sees more, and copying weights takes time."""


def train(recipe: Recipe, device_name: str = "auto", run: str | Path | None = None) -> Events:
    """Train by a recipe; `run` is a folder for the record. Yields Step, Snapshot, Evaluated, Progress, Notice.

    Yields None too, while a batch is made: so that a stop need not wait for it.

    `Set("lr", value)`, and likewise weight_decay and clip, act from the next step on. The last events are an
    Evaluated and a Snapshot. Raises TrainingError, DeviceMissing, CorpusMissing.
    """
    early: list[Set | None] = []
    trainer = yield from loader.aside(Trainer, recipe, device_name, told=early.append)
    for command in early:
        trainer.obey(command)
    settings = recipe.train
    record = Run(run, recipe) if run is not None else None
    batches = loader.training(
        trainer.task, recipe.task, recipe.task_settings, settings.batch, settings.seed, settings.workers
    )
    try:
        shown, done = -math.inf, 0
        for number in range(1, settings.steps + 1):
            while (batch := next(batches)) is None:
                trainer.obey((yield None))
            step = trainer.step(number, batch)
            done = number
            if record:
                record.add(step)
            trainer.obey((yield step))
            last = number == settings.steps
            if last or (settings.evaluate_every and number % settings.evaluate_every == 0):
                evaluated = yield from trainer.evaluate("valid", number, settings.evaluate_batches)
                if record:
                    record.evaluated(evaluated, trainer.network(number, evaluated))
                trainer.obey((yield evaluated))
            # The first step shows at once that another network is on the screen than the one before.
            due = number == 1 or number % settings.snapshot_every == 0
            if last or (due and time.monotonic() - shown >= PAUSE):
                shown = time.monotonic()
                trainer.obey((yield Snapshot(number, trainer.network(number))))
        if record:
            yield Notice(f"trained: the best network is {record.best}")
    except (GeneratorExit, KeyboardInterrupt):  # stopped: what was learnt since the last evaluation is kept too
        if record and done:
            record.keep(trainer.network(done))
        raise
    finally:
        batches.close()
        if record:
            record.close()
