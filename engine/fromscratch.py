"""The torch module of the network from scratch: NumPy's steps, there and back, in the place of torch's kernels.

Everything around them is the recurrent network's: whatever trains, probes or edits that one does so with this one.
The weights have torch's names, and begin with the same numbers from the same seed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.autograd import Function
from torch.nn import functional

from engine.cells import Cell
from engine.models import recurrent
from engine.recurrent import Recurrent
from engine.scratch.exchange import CELLS, from_torch, grads_to_torch
from engine.scratch.output import Dense

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.cells import State
    from engine.models.scratch import Settings

_NAMES = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


class FromScratch(Recurrent):
    """Frames -> layers -> logits, computed by engine/scratch."""

    def __init__(self, settings: Settings, inputs: int, outputs: int) -> None:
        shape = {name: getattr(settings, name) for name in ("cell", "hidden", "layers", "bidirectional")}
        super().__init__(recurrent.Settings(**shape), inputs, outputs)
        kind = settings.kind
        for layer in self.layers:
            layer.forwards = NumpyCell(layer.forwards, kind)
            layer.backwards = None if layer.backwards is None else NumpyCell(layer.backwards, kind)
        self.head: Any = NumpyDense(self.head)


class NumpyCell(Cell):
    """A cell with the weights of another one, whose fused path is a cell of engine/scratch.

    It spends its steps on padding too, whether packed or not.
    """

    def __init__(self, other: Cell, kind: str) -> None:
        super().__init__(other.kind, other.core.input_size, other.hidden)
        self.seeds = kind == "gru-seed"
        self.core: Any = _Core(other.core, kind)

    def _packed(self, x: Tensor, lengths: Tensor, before: Any) -> tuple[Tensor, Any]:
        after: tuple[Tensor, Any] = self.core(x, before)
        return after

    def _replay(self, x: Tensor, h: Tensor, state: State) -> dict[str, Tensor]:
        """As of any cell; the learning plan's GRU resets before the matrix."""
        if not self.seeds:
            return super()._replay(x, h, state)
        before = torch.cat([state[0][:, None], h[:, :-1]], 1)
        xr, xz, xn = functional.linear(x, self.core.weight_ih_l0).chunk(3, -1)
        ur, uz, un = self.core.weight_hh_l0.chunk(3)
        r, z = (xr + before @ ur.T).sigmoid(), (xz + before @ uz.T).sigmoid()
        return {"r": r, "z": z, "n": (xn + (r * before) @ un.T).tanh()}

    def _step(self, t: int, x: Tensor, before: Tensor, state: State) -> State:
        if not self.seeds:
            return super()._step(t, x, before, state)
        (xr, xz, xn), (ur, uz, un) = x.chunk(3, -1), self.core.weight_hh_l0.chunk(3)
        r = self._edited(t, "r", (xr + before @ ur.T).sigmoid())
        z = self._edited(t, "z", (xz + before @ uz.T).sigmoid())
        n = self._edited(t, "n", (xn + (r * before) @ un.T).tanh())
        return (self._edited(t, "h", (1 - z) * state[0] + z * n),)


class _Core(nn.Module):
    """In the place of nn.RNN, nn.LSTM or nn.GRU, of which it takes over the weights."""

    def __init__(self, core: Any, kind: str) -> None:
        super().__init__()
        self.kind, self.input_size = kind, core.input_size
        for name in _NAMES:
            absent = kind == "gru-seed" and name.startswith("bias")
            self.register_parameter(f"{name}_l0", None if absent else getattr(core, f"{name}_l0"))

    def forward(self, x: Tensor, before: Any) -> tuple[Tensor, Any]:
        """x [B, T, F] and the state before [1, B, H], of an LSTM two -> h [B, T, H] and the state after."""
        states = before if isinstance(before, tuple) else (before,)
        weights = [each for name in _NAMES if (each := getattr(self, f"{name}_l0")) is not None]
        h, *after = _Steps.apply(self.kind, x, *(each[0] for each in states), *weights)
        last = tuple(each[None] for each in after)
        return h, last if isinstance(before, tuple) else last[0]


class _Steps(Function):
    """One cell of engine/scratch over a batch.

    Each run has a cell of its own: a graph may hold many runs, and be gone through more than once.
    """

    @staticmethod
    def forward(ctx: Any, kind: str, x: Tensor, *given: Tensor) -> tuple[Tensor, ...]:
        states = 2 if kind == "lstm" else 1
        arrays = dict(zip(_NAMES, (_array(each) for each in given[states:]), strict=False))
        ctx.kind, ctx.cell = CELLS[kind], CELLS[kind](from_torch(CELLS[kind], arrays))
        h = ctx.cell.forward(_by_time(x), tuple(np.ascontiguousarray(_array(each).T) for each in given[:states]))
        return _by_clip(h, x), *(_tensor(each.T, x) for each in ctx.cell.state)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Any, ...]:
        cell, like = ctx.cell, grads[0]
        cell.grads = {name: np.zeros_like(each) for name, each in cell.weights.items()}
        after = tuple(_array(each).T for each in grads[1:])
        dx = cell.backward(_by_time(like), after, to_input=ctx.needs_input_grad[1])
        weights = grads_to_torch(ctx.kind, cell.grads)
        return (
            None,
            None if dx is None else _by_clip(dx, like),
            *(_tensor(each.T, like) for each in cell.before),
            *(_tensor(weights[name], like) for name in _NAMES if name in weights),
        )


class NumpyDense(nn.Module):
    """In the place of nn.Linear, of which it takes over the weights."""

    def __init__(self, other: nn.Linear) -> None:
        super().__init__()
        self.weight, self.bias = other.weight, other.bias

    def forward(self, h: Tensor) -> Tensor:
        """h [B, T, N] -> y [B, T, C]."""
        y: Tensor = _Product.apply(h, self.weight, self.bias)
        return y


class _Product(Function):
    """The output layer of engine/scratch over a batch."""

    @staticmethod
    def forward(ctx: Any, h: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        ctx.dense = Dense({"V": _array(weight), "b": _array(bias)[:, None]})
        return _by_clip(ctx.dense.forward(_by_time(h)), h)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, ...]:
        dense, dy = ctx.dense, grads[0]
        dense.grads = {name: np.zeros_like(each) for name, each in dense.weights.items()}
        dh = dense.backward(_by_time(dy))
        return _by_clip(dh, dy), _tensor(dense.grads["V"], dy), _tensor(dense.grads["b"][:, 0], dy)


def _array(x: Tensor) -> NDArray[Any]:
    array: NDArray[Any] = x.detach().cpu().numpy()
    return array


def _tensor(x: NDArray[Any], like: Tensor) -> Tensor:
    return torch.from_numpy(x.copy()).to(like.device)


def _by_time(x: Tensor) -> NDArray[Any]:
    """[B, T, N] -> [T, N, B]."""
    return np.ascontiguousarray(_array(x).transpose(1, 2, 0))


def _by_clip(x: NDArray[Any], like: Tensor) -> Tensor:
    """[T, N, B] -> [B, T, N]."""
    return torch.from_numpy(np.ascontiguousarray(x.transpose(2, 0, 1))).to(like.device)
