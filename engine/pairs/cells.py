"""One step of either cell from a frame x [D] and a state h [H], c [H]; the LSTM has 4 H rows of weights."""

import numpy as np
import torch

from engine.pairs.pair import Array

SHAPES = {"x": (3,), "h": (4,), "c": (4,), "W": (16, 3), "U": (16, 4), "b": (16,)}


def in_numpy(x: Array, h: Array, c: Array, W: Array, U: Array, b: Array) -> tuple[Array, Array]:
    """Every number by hand."""
    a = W @ x + U @ h + b
    i, f, g, o = np.split(a, 4)
    i = 1 / (1 + np.exp(-i))
    f = 1 / (1 + np.exp(-f))
    o = 1 / (1 + np.exp(-o))
    c = f * c + i * np.tanh(g)
    lstm = o * np.tanh(c)

    a = W[:12] @ x + b[:12]
    u = U[:12] @ h
    r, z, n = np.split(a, 3)
    s, y, m = np.split(u, 3)
    r = 1 / (1 + np.exp(-r - s))
    z = 1 / (1 + np.exp(-z - y))
    n = np.tanh(n + r * m)
    gru = (1 - z) * n + z * h
    return lstm, gru


def in_torch(
    x: torch.Tensor, h: torch.Tensor, c: torch.Tensor, W: torch.Tensor, U: torch.Tensor, b: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """What torch has for it, given the same numbers."""
    long = torch.nn.LSTMCell(3, 4)
    short = torch.nn.GRUCell(3, 4)
    cells = (long, 16), (short, 12)
    for cell, rows in cells:
        weights = {
            "weight_ih": W[:rows],
            "weight_hh": U[:rows],
            "bias_ih": b[:rows],
            "bias_hh": 0 * b[:rows],
        }
        cell.double()
        cell.load_state_dict(weights)
    lstm, _ = long(x, (h, c))
    gru = short(x, h)
    return lstm, gru
