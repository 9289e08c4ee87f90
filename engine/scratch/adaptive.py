"""Optimisers that find for each weight a rate of its own; g is the gradient of w, which is changed in place."""

import numpy as np

from engine.scratch.cell import Array


class Rmsprop:
    """s = alpha s + (1 - alpha) g^2,  w -= rate g / (sqrt(s) + eps)."""

    def __init__(self, rate: float, alpha: float = 0.99, eps: float = 1e-8) -> None:
        self.rate, self.alpha, self.eps = rate, alpha, eps
        self.s: dict[str, Array] = {}

    def step(self, weights: dict[str, Array], grads: dict[str, Array]) -> None:
        for name, g in grads.items():
            s = self.s.setdefault(name, np.zeros_like(g))
            s *= self.alpha
            s += (1 - self.alpha) * g**2
            weights[name] -= self.rate * g / (np.sqrt(s) + self.eps)


class Adam:
    """m = b1 m + (1 - b1) g,  s = b2 s + (1 - b2) g^2; both start at 0, which 1 - b^n at step n makes good.

    w -= rate (m / (1 - b1^n)) / (sqrt(s / (1 - b2^n)) + eps)
    """

    def __init__(self, rate: float, b1: float = 0.9, b2: float = 0.999, eps: float = 1e-8) -> None:
        self.rate, self.b1, self.b2, self.eps, self.n = rate, b1, b2, eps, 0
        self.m: dict[str, Array] = {}
        self.s: dict[str, Array] = {}

    def step(self, weights: dict[str, Array], grads: dict[str, Array]) -> None:
        self.n += 1
        for name, g in grads.items():
            m, s = (held.setdefault(name, np.zeros_like(g)) for held in (self.m, self.s))
            m *= self.b1
            m += (1 - self.b1) * g
            s *= self.b2
            s += (1 - self.b2) * g**2
            size = np.sqrt(s / (1 - self.b2**self.n)) + self.eps
            weights[name] -= self.rate * (m / (1 - self.b1**self.n)) / size
