"""Receptive fields of a network's convolutions: how much sound, and which band of it, a step of them sees."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine import catalog, reach
from engine.links import Chain
from engine.stages.stage import Format

if TYPE_CHECKING:
    from engine.knob import Settings


@dataclass(frozen=True)
class Receptive:
    """Milliseconds of hops that are seen, rows of the features, and hertz from the narrowest to the widest.

    `step` is how often, in ms, a step comes.
    """

    milliseconds: float
    step: float
    rows: int
    hertz: tuple[float, float]

    def __str__(self) -> str:
        low, high = (round(each) for each in self.hertz)
        width = f", {low} to {high} Hz wide" if high else ""
        return f"{self.milliseconds:g} ms × {self.rows} bands{width}, every {self.step:g} ms"


@functools.lru_cache(64)
def of(task: str, task_settings: Settings, settings: Any) -> Receptive | None:
    """That of all convolutions below a network's layers, by its settings alone; None where there are none.

    ms = 1000 (1 + sum of (k - 1) times the strides before) hop / rate.
    """
    if not hasattr(settings, "convolutions"):
        return None
    made = catalog.load("tasks", task).build(task_settings)
    form = Chain(made.frontend, Format(float(made.rate))).output
    time, bands = zip(*settings.convolutions(), strict=True)
    centres = [float(each) for each in form.rows] if len(form.rows) == form.width else []
    return Receptive(
        reach.milliseconds(time, 1 / form.rate),
        1000 * reach.span(time)[1] / form.rate,
        min(form.width, reach.span(bands)[0]),
        reach.hertz(bands, centres),
    )
