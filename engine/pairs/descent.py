"""Gradient descent with momentum: weights w [N] after a step along each of the gradients g [K, N]."""

import torch

from engine.pairs.pair import Array

SHAPES = {"w": (8,), "g": (20, 8)}


def in_numpy(w: Array, g: Array) -> Array:
    """Every number by hand."""
    v = 0 * w
    for slope in g:
        v = 0.9 * v + slope
        w = w - 0.01 * v
    return w


def in_torch(w: torch.Tensor, g: torch.Tensor) -> torch.Tensor:
    """What torch has for it, given the same numbers."""
    w = torch.nn.Parameter(w)
    optimiser = torch.optim.SGD(
        [w],
        lr=0.01,
        momentum=0.9,
    )
    for slope in g:
        w.grad = slope
        optimiser.step()
    return w
