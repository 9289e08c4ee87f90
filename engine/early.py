"""The best evaluation of a training so far, and how many since then brought nothing better."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.events import Evaluated


class Early:
    """Hears every evaluation. What `monitor` names is to fall; of two equal errors the lesser loss is better."""

    def __init__(self, monitor: str) -> None:
        self.monitor = monitor
        self.best: tuple[float, ...] = (math.inf, math.inf)
        self.step, self.waited = 0, 0

    def heard(self, held_out: Evaluated, training: Evaluated | None) -> bool:
        """Whether this evaluation is the best."""
        found = self.value(held_out, training)
        better = found < self.best
        if better:
            self.best, self.step, self.waited = found, held_out.step, 0
        else:
            self.waited += 1
        return better

    def value(self, held_out: Evaluated, training: Evaluated | None) -> tuple[float, ...]:
        """What is monitored, and what decides where it is equal."""
        if self.monitor == "training loss" and training is not None:
            return (training.loss,)
        return (held_out.loss,) if self.monitor == "held-out loss" else (held_out.error, held_out.loss)

    def state(self) -> dict[str, Any]:
        """Plain values for `restore`; JSON knows no infinity."""
        return {
            "best": [each for each in self.best if math.isfinite(each)],
            "step": self.step,
            "waited": self.waited,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        self.best = tuple(state["best"]) or (math.inf, math.inf)
        self.step, self.waited = state["step"], state["waited"]
