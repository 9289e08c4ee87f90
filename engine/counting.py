"""How many weights one recurrent layer has: d inputs, h units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

BLOCKS = {"rnn": 1, "lstm": 4, "gru": 3}
"""Matrices of a cell: one for each gate and the candidate."""
_BIASES = {"rnn": 1, "lstm": 1, "gru": 0}
"""Vectors beside each matrix in the learning plan's equations: those of its GRU have none."""


def plan_sizes(kind: str, d: int, h: int) -> int:
    """By the learning plan's equations, in which h' and x are joined: n (h (h + d) + b h)."""
    return BLOCKS[kind] * (h * (h + d) + _BIASES[kind] * h)


def torch_sizes(kind: str, d: int, h: int) -> int:
    """As torch keeps them: two biases beside each matrix."""
    return BLOCKS[kind] * (h * (h + d) + 2 * h)


def full_pooling(width: int, size: int) -> int:
    """Full bilinear pooling of two vectors of `width` values to `size`: a matrix and a bias for each.

    Of two bidirectional streams with h units in each direction, to h: 4 h^3 + h.
    """
    return size * width**2 + size


@dataclass(frozen=True)
class Size:
    """A recurrent layer, from 1, in one direction: d inputs, h units, and weights by kind of cell.

    `plan` counts them by the learning plan's equations, `biases` what torch's own biases add to that.
    """

    layer: int
    d: int
    h: int
    plan: Mapping[str, int]
    biases: Mapping[str, int]


def sizes(settings: Any, inputs: int) -> tuple[Size, ...]:
    """Every layer of a network with these settings, as it would be with each cell; none if it is not recurrent."""
    if not all(hasattr(settings, name) for name in ("cell", "hidden", "layers", "bidirectional")):
        return ()
    found, h = list[Size](), settings.hidden
    first = settings.entering(inputs) if hasattr(settings, "entering") else inputs * getattr(settings, "stack", 1)
    d, stream = first, settings.layers // getattr(settings, "streams", 1)
    for layer in range(1, settings.layers + 1):
        plan = {kind: plan_sizes(kind, d, h) for kind in BLOCKS}
        biases = {kind: torch_sizes(kind, d, h) - plan[kind] for kind in BLOCKS}
        if getattr(settings, "variant", "") == "seed":
            biases["gru"] = 0
        found.append(Size(layer, d, h, plan, biases))
        d = first if layer % stream == 0 else h * (2 if settings.bidirectional else 1)
    return tuple(found)
