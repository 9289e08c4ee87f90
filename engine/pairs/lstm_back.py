"""Back through the LSTM: from the errors dy [T, H] to the gradients of W, U and b."""

import numpy as np
import torch

from engine.pairs.pair import Array

SHAPES = {"x": (6, 3), "dy": (6, 4), "W": (16, 3), "U": (16, 4), "b": (16,)}


def in_numpy(x: Array, dy: Array, W: Array, U: Array, b: Array) -> tuple[Array, Array, Array]:
    """Every number by hand."""
    h, c = [0 * dy[0]], [0 * dy[0]]
    gates = []
    for now in x:
        a = W @ now + U @ h[-1] + b
        i, f, g, o = np.split(a, 4)
        i = 1 / (1 + np.exp(-i))
        f = 1 / (1 + np.exp(-f))
        g = np.tanh(g)
        o = 1 / (1 + np.exp(-o))
        c.append(f * c[-1] + i * g)
        h.append(o * np.tanh(c[-1]))
        gates.append((i, f, g, o))

    dW, dU, db = 0 * W, 0 * U, 0 * b
    dh = dc = np.zeros(4)
    for t in range(len(x))[::-1]:
        i, f, g, o = gates[t]
        dh = dh + dy[t]
        s = np.tanh(c[t + 1])
        slope = 1 - s**2
        dc = dc + dh * o * slope
        di = dc * g * i * (1 - i)
        df = dc * c[t] * f * (1 - f)
        dg = dc * i * (1 - g**2)
        do = dh * s * o * (1 - o)
        da = np.r_[di, df, dg, do]
        dW += np.outer(da, x[t])
        dU += np.outer(da, h[t])
        db += da
        dc = dc * f
        dh = U.T @ da
    return dW, dU, db


def in_torch(
    x: torch.Tensor, dy: torch.Tensor, W: torch.Tensor, U: torch.Tensor, b: torch.Tensor
) -> tuple[torch.Tensor | None, ...]:
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
    states.backward(dy)
    W, U, b, _ = net.parameters()
    return W.grad, U.grad, b.grad
