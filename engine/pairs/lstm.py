"""The LSTM over a clip: frames x [T, D] become states h [T, H]; the rows of W, U and b are i, f, g, o."""

import numpy as np
import torch

from engine.pairs.pair import Array

SHAPES = {"x": (6, 3), "W": (16, 3), "U": (16, 4), "b": (16,)}


def in_numpy(x: Array, W: Array, U: Array, b: Array) -> Array:
    """Every number by hand."""
    states = []
    h = c = np.zeros(4)
    for now in x:
        a = W @ now + U @ h + b
        i, f, g, o = np.split(a, 4)
        i = 1 / (1 + np.exp(-i))
        f = 1 / (1 + np.exp(-f))
        g = np.tanh(g)
        o = 1 / (1 + np.exp(-o))
        c = f * c + i * g
        h = o * np.tanh(c)
        states.append(h)
    return np.array(states)


def in_torch(x: torch.Tensor, W: torch.Tensor, U: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """What torch has for it, given the same numbers."""
    weights = {
        "weight_ih_l0": W,
        "weight_hh_l0": U,
        "bias_ih_l0": b,
        "bias_hh_l0": 0 * b,
    }
    net = torch.nn.LSTM(3, 4)
    net.double()
    net.load_state_dict(weights)
    states, _ = net(x)
    return states
