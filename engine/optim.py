"""How gradients become steps: the optimiser, the schedule of its rate, and the clipping of gradients."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from engine.recipe import TrainSettings

LOWEST = 0.01
"""The share of the rate that a cosine ends with."""


def schedule(settings: TrainSettings, number: int) -> float:
    """The share of the learning rate at a step, from 1 on: up in a line while warming up, then by the schedule.

    That of `plateau` depends on the evaluations too: it is multiplied by Plateau.factor.
    """
    if number <= settings.warmup:
        return number / settings.warmup
    after = number - settings.warmup
    if settings.schedule == "cosine":
        done = min(1.0, after / max(1, settings.steps - settings.warmup))
        return LOWEST + (1.0 - LOWEST) * 0.5 * (1.0 + math.cos(math.pi * done))
    if settings.schedule == "step":
        return float(settings.decay ** ((after - 1) // settings.decay_every))
    if settings.schedule == "exponential":
        return float(settings.decay ** ((after - 1) / settings.decay_every))
    return 1.0


def preview(settings: TrainSettings, total: int) -> NDArray[np.float64]:
    """The rate at each of the steps 1 to `total`; of the schedule plateau, where none is reached."""
    return np.array([settings.lr * schedule(settings, number) for number in range(1, total + 1)])


class Plateau:
    """What the schedule plateau multiplies the rate by: `decay` for each so many evaluations without a best."""

    def __init__(self) -> None:
        self.factor, self.best, self.waited = 1.0, math.inf, 0

    def heard(self, value: float, settings: TrainSettings) -> None:
        """Note what an evaluation found; less is better. Other schedules do not listen."""
        if settings.schedule != "plateau":
            return
        self.waited += 1
        if value < self.best:
            self.best, self.waited = value, 0
        if self.waited >= settings.plateau:
            self.factor, self.waited = self.factor * settings.decay, 0

    def state(self) -> dict[str, Any]:
        """Plain values for `restore`."""
        return {"factor": self.factor, "best": self.best if self.best < math.inf else None, "waited": self.waited}

    def restore(self, state: dict[str, Any]) -> None:
        best = state["best"]
        self.factor, self.waited = float(state["factor"]), int(state["waited"])
        self.best = math.inf if best is None else float(best)


def optimiser(module: Any, settings: TrainSettings) -> Any:
    """The optimiser over two groups: matrices, which decay, and biases and norms, which do so only if asked."""
    import torch

    matrices = [each for each in module.parameters() if each.ndim >= 2]
    biases = [each for each in module.parameters() if each.ndim < 2]
    groups = [{"params": matrices, "bias": False}, {"params": biases, "bias": True}]
    kinds: dict[str, Any] = {
        "adamw": torch.optim.AdamW,
        "adam": torch.optim.Adam,
        "sgd": torch.optim.SGD,
        "rmsprop": torch.optim.RMSprop,
    }
    made = kinds[settings.optimiser](groups, lr=settings.lr)
    tune(made, settings, settings.lr)
    return made


def tune(optimiser: Any, settings: TrainSettings, rate: float) -> None:
    """Set what acts from the next step on: the rate, the weight decay, and the momentum of SGD."""
    for group in optimiser.param_groups:
        group["lr"] = rate
        group["weight_decay"] = settings.weight_decay if settings.decay_biases or not group["bias"] else 0.0
        if settings.optimiser == "sgd":
            group["momentum"] = settings.momentum


def memory(optimiser: Any) -> dict[str, Any]:
    """The tensors that it remembers, by the number of the weight and their name."""
    held = optimiser.state_dict()["state"].items()
    return {f"{number}.{name}": each for number, one in held for name, each in one.items() if each is not None}


def remember(optimiser: Any, tensors: Mapping[str, Any]) -> None:
    """Go on from what `memory` told."""
    held: dict[int, dict[str, Any]] = {}
    for key, each in tensors.items():
        number, _, name = key.partition(".")
        held.setdefault(int(number), {})[name] = each
    optimiser.load_state_dict({"state": held, "param_groups": optimiser.state_dict()["param_groups"]})


def under(prefix: str, tensors: Mapping[str, Any]) -> dict[str, Any]:
    """Those whose names begin so, by the rest of their names."""
    return {name.removeprefix(prefix): each for name, each in tensors.items() if name.startswith(prefix)}


class Clipped(NamedTuple):
    """The norm of a gradient before it was clipped and after; by how many degrees cutting its values turned it."""

    before: float
    after: float
    angle: float | None = None
    """None where no values are cut: to clip the norm leaves the direction as it is."""


def clip(parameters: Sequence[Any], settings: TrainSettings) -> Clipped:
    """Clip gradients in place, each value and then the norm of all. No norm is finite if a gradient is not."""
    from torch.nn import utils

    grads = [each.grad for each in parameters if each.grad is not None]
    before, angle = utils.get_total_norm(grads), None
    after = before
    if settings.clip_value > 0:
        old = [each.clone() for each in grads]
        utils.clip_grad_value_(parameters, settings.clip_value)
        after, angle = utils.get_total_norm(grads), turned(old, grads)
    first, last = float(before), float(after)
    if settings.clip > 0 and math.isfinite(first):
        utils.clip_grads_with_norm_(parameters, settings.clip, after)
        last *= min(1.0, settings.clip / (last + 1e-6))
    return Clipped(first, last, angle)


def turned(one: Sequence[Any], other: Sequence[Any]) -> float:
    """Degrees between two gradients, tensors of the same shapes: the arccos of the cosine; 0 where one is zero."""

    def dot(a: Sequence[Any], b: Sequence[Any]) -> float:
        return sum(float((x.cpu().double() * y.cpu().double()).sum()) for x, y in zip(a, b, strict=True))

    lengths = math.sqrt(dot(one, one)) * math.sqrt(dot(other, other))
    return math.degrees(math.acos(max(-1.0, min(1.0, dot(one, other) / lengths)))) if lengths else 0.0
