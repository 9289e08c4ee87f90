"""Weights to torch's names and back, as NumPy arrays: the same numbers, the gates in the same order.

torch has two biases, b_ih and b_hh, where one does: their sum is what counts, but for n of its GRU.
"""

import numpy as np

from engine.scratch.cell import Array, Cell
from engine.scratch.gru import SeedGru, TorchGru
from engine.scratch.lstm import Lstm
from engine.scratch.rnn import Rnn

CELLS: dict[str, type[Cell]] = {"rnn": Rnn, "lstm": Lstm, "gru": TorchGru, "gru-seed": SeedGru}


def from_torch(kind: type[Cell], arrays: dict[str, Array]) -> dict[str, Array]:
    """A cell's weights from weight_ih [G H, D], weight_hh [G H, H], bias_ih, bias_hh [G H]. W and U are shared."""
    weights = {"W": arrays["weight_ih"], "U": arrays["weight_hh"]}
    if kind is SeedGru:
        return weights
    b, second = (arrays[name][:, None] for name in ("bias_ih", "bias_hh"))
    if kind is not TorchGru:
        return weights | {"b": b + second}
    inside = 2 * weights["U"].shape[1]  # the rows of n come last
    return weights | {"b": np.concatenate([b[:inside] + second[:inside], b[inside:]]), "d": second[inside:].copy()}


def to_torch(kind: type[Cell], weights: dict[str, Array]) -> dict[str, Array]:
    """Weights under torch's names; the second bias is 0 but for n of torch's GRU."""
    arrays = {"weight_ih": weights["W"], "weight_hh": weights["U"]}
    if kind is SeedGru:
        return arrays
    arrays |= {"bias_ih": weights["b"][:, 0], "bias_hh": np.zeros_like(weights["b"][:, 0])}
    if kind is TorchGru:
        arrays["bias_hh"][-len(weights["d"]) :] = weights["d"][:, 0]
    return arrays


def grads_to_torch(kind: type[Cell], grads: dict[str, Array]) -> dict[str, Array]:
    """Gradients under torch's names; both biases have that of their sum."""
    arrays = {"weight_ih": grads["W"], "weight_hh": grads["U"]}
    if kind is SeedGru:
        return arrays
    arrays |= {"bias_ih": grads["b"][:, 0], "bias_hh": grads["b"][:, 0].copy()}
    if kind is TorchGru:
        arrays["bias_hh"][-len(grads["d"]) :] = grads["d"][:, 0]
    return arrays
