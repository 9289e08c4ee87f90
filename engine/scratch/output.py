"""The output layer: from the state of a frame to how probable each class is."""

from typing import Self

import numpy as np
from numpy.typing import DTypeLike

from engine.scratch.cell import Array, add_products, total


class Dense:
    """y = V h + b, the same at every step.

    backward: dV = dy h^T,  db = dy,  dh = V^T dy
    """

    def __init__(self, weights: dict[str, Array]) -> None:
        self.weights = weights
        self.grads = {name: np.zeros_like(each) for name, each in weights.items()}

    @classmethod
    def draw(cls, inputs: int, outputs: int, rng: np.random.Generator, dtype: DTypeLike = np.float32) -> Self:
        """V [C, N] and b [C, 1], drawn from -1 / sqrt(N) to 1 / sqrt(N)."""
        reach = inputs**-0.5
        shapes = {"V": (outputs, inputs), "b": (outputs, 1)}
        return cls({name: rng.uniform(-reach, reach, shape).astype(dtype) for name, shape in shapes.items()})

    def forward(self, h: Array) -> Array:
        """h [T, N, B] -> y [T, C, B], the logits."""
        self.h = h
        y: Array = np.matmul(self.weights["V"], h) + self.weights["b"]
        return y

    def backward(self, dy: Array) -> Array:
        """dy [T, C, B] -> dh [T, N, B]."""
        add_products(dy, self.h, self.grads["V"])
        self.grads["b"] += total(dy)
        dh: Array = np.matmul(self.weights["V"].T, dy)
        return dh


def softmax(y: Array) -> Array:
    """Logits y [T, C, B] -> probabilities: exp(y) / sum exp(y) over the classes C, without overflow."""
    p = np.exp(y - y.max(1, keepdims=True))  # the greatest becomes exp(0) = 1
    p /= p.sum(1, keepdims=True)
    return p
