"""Gradient descent: from a gradient to a step. Optimisers with a rate for each weight are in adaptive.py."""

import numpy as np

from engine.scratch.cell import Array


class Sgd:
    """v = momentum v + g,  w -= rate v, where g is the gradient of a weight w, which is changed in place."""

    def __init__(self, rate: float, momentum: float = 0.0) -> None:
        self.rate, self.momentum = rate, momentum
        self.v: dict[str, Array] = {}

    def step(self, weights: dict[str, Array], grads: dict[str, Array]) -> None:
        for name, g in grads.items():
            v = self.v.setdefault(name, np.zeros_like(g))
            v *= self.momentum
            v += g
            weights[name] -= self.rate * v
