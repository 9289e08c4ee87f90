"""A state that is struck once, h [H], and left alone: the states of 100 steps [100, H]."""

import numpy as np
import torch

from engine.pairs.pair import Array

SHAPES = {"h": (2,), "U": (2, 2)}


def in_numpy(h: Array, U: Array) -> Array:
    """Every number by hand."""
    states = []
    for _ in range(100):
        h = np.tanh(U @ h)
        states.append(h)
    return np.array(states)


def in_torch(h: torch.Tensor, U: torch.Tensor) -> torch.Tensor:
    """What torch has for it, given the same numbers."""
    weights = {
        "weight_ih_l0": 0 * U[:, :1],
        "weight_hh_l0": U,
    }
    net = torch.nn.RNN(
        1,
        2,
        bias=False,
        dtype=U.dtype,
    )
    net.load_state_dict(weights)
    silence = torch.zeros(100, 1)
    states, _ = net(
        silence.to(U.dtype),
        h[None],
    )
    return states
