"""Back through the simple RNN: from the errors dh [T, H] to the gradients of W, U and b."""

import numpy as np
import torch

from engine.pairs.pair import Array

SHAPES = {"x": (6, 3), "dh": (6, 4), "W": (4, 3), "U": (4, 4), "b": (4,)}


def in_numpy(x: Array, dh: Array, W: Array, U: Array, b: Array) -> tuple[Array, Array, Array]:
    """Every number by hand."""
    h = [np.zeros(4)]
    for now in x:
        a = W @ now + U @ h[-1] + b
        h.append(np.tanh(a))

    dW, dU, db = 0 * W, 0 * U, 0 * b
    after = np.zeros(4)
    for t in range(len(x))[::-1]:
        slope = 1 - h[t + 1] ** 2
        da = slope * (dh[t] + after)
        dW += np.outer(da, x[t])
        dU += np.outer(da, h[t])
        db += da
        after = U.T @ da
    return dW, dU, db


def in_torch(
    x: torch.Tensor, dh: torch.Tensor, W: torch.Tensor, U: torch.Tensor, b: torch.Tensor
) -> tuple[torch.Tensor | None, ...]:
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
    states.backward(dh)
    W, U, b, _ = net.parameters()
    return W.grad, U.grad, b.grad
