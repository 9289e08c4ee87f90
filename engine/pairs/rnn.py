"""The simple RNN over a clip: frames x [T, D] become states h [T, H]."""

import numpy as np
import torch

from engine.pairs.pair import Array

SHAPES = {"x": (6, 3), "W": (4, 3), "U": (4, 4), "b": (4,)}


def in_numpy(x: Array, W: Array, U: Array, b: Array) -> Array:
    """Every number by hand."""
    states, h = [], np.zeros(4)
    for now in x:
        a = W @ now + U @ h + b
        h = np.tanh(a)
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
    net = torch.nn.RNN(3, 4)
    net.double()
    net.load_state_dict(weights)
    states, _ = net(x)
    return states
