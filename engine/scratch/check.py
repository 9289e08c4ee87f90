"""Gradient checking: every derivative beside what happens when a weight is moved a little."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from engine.scratch.cell import Array

MOVE = 1e-3
"""How far a weight is moved, once and twice, to either side; the error is of the order of its fourth power."""
SMALL = 1e-4
"""Numbers below this share of a gradient's greatest are compared with that share: rounding spoils their own."""


class Checked(NamedTuple):
    """The greatest relative error of a parameter's gradient."""

    name: str
    shape: tuple[int, ...]
    error: float


def numeric(loss: Callable[[], float], w: Array) -> Array:
    """dL/dw by central differences, for each number of w, which is left as it was.

    (L(w + m) - L(w - m)) / 2m is wrong by the order of m^2; with the same over 2m, that part is taken out.
    """
    slope = np.empty_like(w)
    for place in np.ndindex(*w.shape):
        here, by = w[place], {}
        for moves in (1, 2):
            w[place] = here + moves * MOVE
            above = loss()
            w[place] = here - moves * MOVE
            by[moves] = (above - loss()) / (2 * moves * MOVE)
        w[place] = here
        slope[place] = (4 * by[1] - by[2]) / 3
    return slope


def check(loss: Callable[[], float], weights: dict[str, Array], grads: dict[str, Array]) -> list[Checked]:
    """Each gradient beside the numeric one: the greatest |g - n| / (|g| + |n|). Weights are float64."""
    found = []
    for name, w in weights.items():
        g, n = grads[name], numeric(loss, w)
        size = np.abs(g) + np.abs(n)
        error = np.abs(g - n) / np.maximum(size, max(SMALL * float(size.max()), 1e-12))
        found.append(Checked(name, w.shape, float(error.max())))
    return found
