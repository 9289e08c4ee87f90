"""The whole forward pass: frames x [T, D], states h [T, H], and probabilities p [T, C] for each frame."""

import numpy as np
import torch

from engine.pairs.pair import Array

SHAPES = {"x": (6, 3), "W": (4, 3), "U": (4, 4), "b": (4,), "V": (5, 4), "d": (5,)}


def in_numpy(x: Array, W: Array, U: Array, b: Array, V: Array, d: Array) -> Array:
    """Every number by hand."""
    answers, h = [], np.zeros(4)
    for now in x:
        a = W @ now + U @ h + b
        h = np.tanh(a)
        y = V @ h + d
        p = np.exp(y - y.max())
        answers.append(p / p.sum())
    return np.array(answers)


def in_torch(
    x: torch.Tensor, W: torch.Tensor, U: torch.Tensor, b: torch.Tensor, V: torch.Tensor, d: torch.Tensor
) -> torch.Tensor:
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

    dense = torch.nn.Linear(4, 5)
    weights = {
        "weight": V,
        "bias": d,
    }
    dense.double()
    dense.load_state_dict(weights)
    y = dense(states)
    return torch.softmax(y, 1)
