"""Latency: how much sound after a moment is needed before a network says of it what it is trained to say."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine import catalog
from engine.links import Chain
from engine.stages.stage import Format

if TYPE_CHECKING:
    from engine.knob import Settings


@dataclass(frozen=True)
class Latency:
    """Seconds by what waits for them; `features` and `network` are None where they need the whole sound.

    features: the rest of a frame; network: the frames after it that its output depends on; delay: how late it is
    trained to answer, which lets a network that knows only the past hear as much of what follows, or until the
    next frame has come too, where sound is put together of both.
    """

    features: float | None
    network: float | None
    delay: float

    @property
    def total(self) -> float | None:
        if self.features is None or self.network is None:
            return None
        return self.features + self.network + self.delay


@functools.lru_cache(64)
def of(task: str, task_settings: Settings, model: str, settings: Settings) -> Latency:
    """That of a network for a task, by their settings alone: no weight is made and torch is not needed."""
    module: Any = catalog.load("tasks", task)
    made = module.build(task_settings)
    rate, features = float(made.rate), 0.0
    for stage in Chain(made.frontend, Format(rate)).stages:
        features = math.inf if stage.lookahead is None else features + stage.lookahead / rate
        rate = stage.output.rate
    frame = 1.0 / rate
    ahead = catalog.load("models", model).lookahead(settings)
    late = getattr(task_settings, module.AHEAD) if hasattr(module, "AHEAD") else getattr(made, "joins", 0.0)
    return Latency(
        None if math.isinf(features) else features,
        None if ahead is None else ahead * frame,
        late * frame,
    )
