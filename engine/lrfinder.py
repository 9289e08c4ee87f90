"""The learning-rate finder: how far the rate may go, by letting it climb until the loss does.

L. Smith 2017, Cyclical learning rates for training neural networks: the rate grows by the same factor from each
step to the next; where the loss falls fastest it is right, and soon after the loss has turned it is too high.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import loader
from engine.events import Found, Progress
from engine.trainer import NotFinite, Trainer, TrainingError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from engine.events import Set
    from engine.recipe import Recipe

LOW, HIGH = 1e-5, 1.0
STEPS = 100
SMOOTH = 0.9
"""Share of the loss before in the smoothed loss."""
BLOWN = 2.0
"""Where the smoothed loss has grown to so many times its lowest, the rate is too high for certain."""
BACK = 10.0
"""The advised rate is so many times lower than that of the lowest smoothed loss, which lags behind."""


def find(
    chosen: Recipe, device_name: str = "auto", low: float = LOW, high: float = HIGH
) -> Generator[Any, Any, None]:
    """Try rates from `low` to `high` on a recipe's own batches and a network of its own, which is thrown away.

    Yields Progress, None while a batch is made, and at last Found. Raises TrainingError, DeviceMissing,
    CorpusMissing.
    """
    train = chosen.train.but(schedule="constant", warmup=0, lr=low)
    trainer = yield from loader.aside(Trainer, dataclasses.replace(chosen, train=train), device_name)
    batches = loader.training(
        trainer.task, chosen.task, chosen.task_settings, train.batch, train.seed, train.workers, 0, train.bucket
    )

    def step(rate: float) -> Generator[None, Set | None, float]:
        while (batch := next(batches)) is None:
            yield None
        trainer.settings = trainer.settings.but(lr=rate)
        return trainer.step(trainer.done + 1, batch).loss

    try:
        yield from sweep(step, np.geomspace(low, high, STEPS))
    finally:
        batches.close()


def sweep(step: Callable[[float], Generator[None, Any, float]], rates: Any) -> Generator[Any, Any, None]:
    """`step` at each of the rates until its loss blows up. Yields Progress, and at last Found."""
    losses: list[float] = []
    smoothed: list[float] = []
    mean = 0.0
    for number, rate in enumerate(rates, 1):
        try:
            loss = yield from step(float(rate))
        except NotFinite:
            break
        mean = SMOOTH * mean + (1.0 - SMOOTH) * loss
        losses.append(loss)
        smoothed.append(mean / (1.0 - SMOOTH**number))
        if smoothed[-1] > BLOWN * min(smoothed):
            break
        yield Progress(number / len(rates), f"trying the learning rate {rate:.1e}")
    if len(losses) < 2:
        raise TrainingError(f"the loss is no number even with a learning rate of {rates[0]:.1g}; look at the data")
    lowest = float(rates[int(np.argmin(smoothed))])
    yield Found(tuple(map(float, rates[: len(losses)])), tuple(losses), lowest / BACK)
