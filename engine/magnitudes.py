"""How large the gradients of a network's weights are, layer by layer: counts in thirds of a decade."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from engine.events import MAGNITUDES

if TYPE_CHECKING:
    from collections.abc import Mapping

OFTEN = 10
"""Steps between two counts at the least, where an epoch is shorter than that."""


def due(number: int, epoch: int) -> bool:
    """Whether step `number`, from 1 on, is one to count at: the first, and the last of every epoch so long."""
    return number == 1 or number % max(epoch, OFTEN) == 0


def count(module: Any) -> Mapping[str, tuple[int, ...]]:
    """The gradients that stand in a module, as `Step.magnitudes` has them; a weight that got none has 0."""
    found: dict[str, Any] = {}
    for name, each in module.named_parameters():
        if each.grad is None:
            values = np.zeros(each.numel(), np.float32)
        else:
            values = each.grad.detach().float().abs().cpu().numpy().ravel()
        places = np.searchsorted(MAGNITUDES, values, side="right")
        counts = np.bincount(places, minlength=len(MAGNITUDES) + 1)
        layer = layer_of(name)
        found[layer] = found.get(layer, 0) + counts
    return {name: tuple(each.tolist()) for name, each in found.items()}


def layer_of(name: str) -> str:
    """To which part of a network a parameter belongs: layer 1, layer 2, ..., attention, output."""
    first, _, rest = name.partition(".")
    if first == "layers":
        return f"layer {int(rest.partition('.')[0]) + 1}"
    return "output" if first == "head" else "attention" if first in ("attend", "pool") else first
