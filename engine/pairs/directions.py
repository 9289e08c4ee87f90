"""Two cells over one clip, the second (P, Q, d) from its end: x [T, D] becomes h [T, 2 H]."""

import numpy as np
import torch

from engine.pairs.pair import Array

SHAPES = {"x": (6, 3), "W": (4, 3), "U": (4, 4), "b": (4,), "P": (4, 3), "Q": (4, 4), "d": (4,)}


def in_numpy(x: Array, W: Array, U: Array, b: Array, P: Array, Q: Array, d: Array) -> Array:
    """Every number by hand."""
    there, back = [], []
    h = k = np.zeros(4)
    later = x[::-1]
    for t in range(len(x)):
        a = W @ x[t] + U @ h + b
        h = np.tanh(a)
        there.append(h)
        a = P @ later[t] + Q @ k + d
        k = np.tanh(a)
        back.append(k)
    back.reverse()
    return np.hstack([there, back])


def in_torch(
    x: torch.Tensor,
    W: torch.Tensor,
    U: torch.Tensor,
    b: torch.Tensor,
    P: torch.Tensor,
    Q: torch.Tensor,
    d: torch.Tensor,
) -> torch.Tensor:
    """What torch has for it, given the same numbers."""
    weights = {
        "weight_ih_l0": W,
        "weight_hh_l0": U,
        "bias_ih_l0": b,
        "bias_hh_l0": 0 * b,
        "weight_ih_l0_reverse": P,
        "weight_hh_l0_reverse": Q,
        "bias_ih_l0_reverse": d,
        "bias_hh_l0_reverse": 0 * d,
    }
    net = torch.nn.RNN(
        3,
        4,
        bidirectional=True,
        dtype=x.dtype,
    )
    net.load_state_dict(weights)
    states, _ = net(x)
    return states
