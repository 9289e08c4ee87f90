"""The GRU as libraries write it, over a clip: x [T, D] becomes h [T, H]; the rows of W, U, b and d are r, z, n."""

import numpy as np
import torch

from engine.pairs.pair import Array

SHAPES = {"x": (6, 3), "W": (12, 3), "U": (12, 4), "b": (12,), "d": (12,)}


def in_numpy(x: Array, W: Array, U: Array, b: Array, d: Array) -> Array:
    """Every number by hand."""
    states, h = [], np.zeros(4)
    for now in x:
        a = W @ now + b
        u = U @ h + d
        r, z, n = np.split(a, 3)
        s, y, m = np.split(u, 3)
        r = 1 / (1 + np.exp(-r - s))
        z = 1 / (1 + np.exp(-z - y))
        n = np.tanh(n + r * m)
        h = (1 - z) * n + z * h
        states.append(h)
    return np.array(states)


def in_torch(x: torch.Tensor, W: torch.Tensor, U: torch.Tensor, b: torch.Tensor, d: torch.Tensor) -> torch.Tensor:
    """What torch has for it, given the same numbers."""
    weights = {
        "weight_ih_l0": W,
        "weight_hh_l0": U,
        "bias_ih_l0": b,
        "bias_hh_l0": d,
    }
    net = torch.nn.GRU(3, 4)
    net.double()
    net.load_state_dict(weights)
    states, _ = net(x)
    return states
