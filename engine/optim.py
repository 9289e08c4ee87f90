"""How gradients become steps: the optimiser, its schedule, and the clipping of gradients."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.recipe import TrainSettings


def schedule(settings: TrainSettings, number: int) -> float:
    """The share of the learning rate at a step: up in a line while warming up, then flat or along a cosine."""
    if number <= settings.warmup:
        return number / settings.warmup
    if settings.schedule == "constant":
        return 1.0
    done = (number - settings.warmup) / max(1, settings.steps - settings.warmup)
    return 0.01 + 0.99 * 0.5 * (1.0 + math.cos(math.pi * min(done, 1.0)))


def optimiser(module: Any, settings: TrainSettings) -> Any:
    """The optimiser over two groups: matrices, which decay, and biases, which do not."""
    import torch

    matrices = [each for each in module.parameters() if each.ndim >= 2]
    biases = [each for each in module.parameters() if each.ndim < 2]
    groups = [{"params": matrices, "decays": True}, {"params": biases, "decays": False, "weight_decay": 0.0}]
    if settings.optimiser == "sgd":
        return torch.optim.SGD(groups, lr=settings.lr, momentum=0.9, weight_decay=settings.weight_decay)
    kinds = {"adamw": torch.optim.AdamW, "adam": torch.optim.Adam, "rmsprop": torch.optim.RMSprop}
    return kinds[settings.optimiser](groups, lr=settings.lr, weight_decay=settings.weight_decay)
