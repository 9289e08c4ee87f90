"""Recurrent cells that can be seen and changed: one layer, one direction, three ways to the same numbers.

Fused: torch's kernel, for speed. Replay: from the input and the fused h, one matmul over all time and the
elementwise recursion give every gate and c. Loop: step by step, where a hook edits a value between two steps.

LSTM (gate order i, f, g, o):  i, f, o = sigmoid(W x + U h' + b),  g = tanh(W x + U h' + b),
    c = f c' + i g,  h = o tanh(c).
GRU (gate order r, z, n):  r, z = sigmoid(W x + U h' + b),  n = tanh(W x + b + r (U h' + b_U)),
    h = (1 - z) n + z h'.
RNN:  h = tanh(W x + U h' + b).      (a prime marks the step before)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import rnn

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Array = NDArray[Any]

Kind = Literal["rnn", "lstm", "gru"]
State = tuple[Tensor, ...]
"""(h,) or, for the LSTM, (h, c); each [B, H]."""

_STRETCH = 25
GATES: dict[str, tuple[str, ...]] = {"rnn": (), "lstm": ("i", "f", "g", "o"), "gru": ("r", "z", "n")}


class Cell(nn.Module):
    """One recurrent layer in one direction. `edit(t, name, value)` may return a new value for any gate, c or h.

    And for h' and c', what step t finds of the step before, which has given what it gave.

    Recurrent dropout acts on h' alone, with one mask for all steps of a sequence; as the fused kernel cannot do
    that, training with it takes the loop, several times slower.

    `packed` lets the kernel spend no step on padding while training; its outputs there are then 0.
    """

    def __init__(self, kind: Kind, inputs: int, hidden: int, recurrent_dropout: float = 0.0) -> None:
        super().__init__()
        self.kind, self.hidden, self.recurrent_dropout = kind, hidden, recurrent_dropout
        core = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}[kind]
        self.core = core(inputs, hidden, batch_first=True)
        if kind == "lstm":
            # A forget gate that begins open lets the error reach far back from the first step on.
            with torch.no_grad():
                self.core.bias_ih_l0[hidden : 2 * hidden] += 1.0
        self.edit: Callable[[int, str, Tensor], Tensor | None] | None = None
        self.packed = False

    def init_state(self, batch: int) -> State:
        """Zeros [B, H], on the device of the weights."""
        zero = self.core.weight_hh_l0.new_zeros(batch, self.hidden)
        return (zero, zero) if self.kind == "lstm" else (zero,)

    def forward(self, x: Tensor, lengths: Tensor, state: State | None = None) -> tuple[Tensor, State | None]:
        """x [B, T, F], lengths [B] -> h [B, T, H] and the state after each item's last frame.

        While training, that of an item which ends before the others may be the state after the padding.
        """
        state = self.init_state(len(x)) if state is None else state
        if self.edit is not None or (self.training and self.recurrent_dropout > 0) or x.shape[1] == 0:
            return self.loop(x, lengths, state)
        before = (state[0][None], state[1][None]) if self.kind == "lstm" else state[0][None]
        whole = bool((lengths == x.shape[1]).all())
        if self.training and self.packed and not whole:
            h, last = self._packed(x, lengths, before)
        else:
            h, last = self.core(x, before)
        if whole or self.training:
            return h, ((last[0][0], last[1][0]) if self.kind == "lstm" else (last[0],))
        values = self.replay(x, h, state) if self.kind == "lstm" else {}
        ends = (h, values["c"]) if "c" in values else (h,)
        return h, tuple(at_end(each, lengths, zero) for each, zero in zip(ends, state, strict=True))

    def _packed(self, x: Tensor, lengths: Tensor, before: Any) -> tuple[Tensor, Any]:
        """As the kernel, over the frames that exist; an item without any takes one step, for nothing."""
        steps = lengths.clamp(min=1).cpu()
        packed = rnn.pack_padded_sequence(x, steps, batch_first=True, enforce_sorted=False)
        h, last = self.core(packed, before)
        return rnn.pad_packed_sequence(h, batch_first=True, total_length=x.shape[1])[0], last

    def replay(self, x: Tensor, h: Tensor, state: State | None = None) -> dict[str, Tensor]:
        """Every gate and c, each [B, T, H], from the input, the fused h and the state before."""
        state = self.init_state(len(x)) if state is None else state
        if self.kind == "rnn":
            return {}
        with torch.autocast(x.device.type, enabled=False):  # NumPy knows no bfloat16
            dtype = self.core.weight_hh_l0.dtype
            return self._replay(x.to(dtype), h.to(dtype), tuple(each.to(dtype) for each in state))

    def _replay(self, x: Tensor, h: Tensor, state: State) -> dict[str, Tensor]:
        core, before = self.core, torch.cat([state[0][:, None], h[:, :-1]], 1)[:, : h.shape[1]]
        if self.kind == "lstm":
            # In place: memory that was just written is still in the cache.
            all_four = functional.linear(x, core.weight_ih_l0, core.bias_ih_l0 + core.bias_hh_l0)
            all_four.view(-1, 4 * self.hidden).addmm_(before.reshape(-1, self.hidden), core.weight_hh_l0.t())
            all_four[..., 2 * self.hidden : 3 * self.hidden] *= 2
            i, f, g, o = all_four.sigmoid_().chunk(4, -1)
            g = torch.add(g.new_tensor(-1.0), g, alpha=2)  # tanh(a) = 2 sigmoid(2 a) - 1, in a third of the time
            return {"i": i, "f": f, "g": g, "o": o, "c": recursion(f, i, g, state[1])}
        xr, xz, xn = functional.linear(x, core.weight_ih_l0, core.bias_ih_l0).chunk(3, -1)
        hr, hz, hn = functional.linear(before, core.weight_hh_l0, core.bias_hh_l0).chunk(3, -1)
        r, z = (xr + hr).sigmoid(), (xz + hz).sigmoid()
        return {"r": r, "z": z, "n": (xn + r * hn).tanh()}

    def loop(self, x: Tensor, lengths: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """As forward, step by step, with `edit` and recurrent dropout."""
        state = first = self.init_state(len(x)) if state is None else state
        mask = dropout_mask(state[0], self.recurrent_dropout) if self.training else None
        projected = functional.linear(x, self.core.weight_ih_l0, self.core.bias_ih_l0)
        steps: list[State] = []
        for t in range(x.shape[1]):
            if self.edit is not None:
                state = tuple(self._edited(t, f"{name}'", each) for name, each in zip("hc", state, strict=False))
            before = state[0] if mask is None else state[0] * mask
            state = self._step(t, projected[:, t], before, state)
            steps.append(state)
        if not steps:
            return x.new_zeros(len(x), 0, self.hidden), first
        over_time = [torch.stack(each, 1) for each in zip(*steps, strict=True)]
        return over_time[0], tuple(
            at_end(each, lengths, zero) for each, zero in zip(over_time, first, strict=True)
        )

    def _step(self, t: int, x: Tensor, before: Tensor, state: State) -> State:
        """One step from the projected input x [B, G H]; `before` is h' as the gates see it."""
        core = self.core
        u = functional.linear(before, core.weight_hh_l0, core.bias_hh_l0)
        if self.kind == "rnn":
            return (self._edited(t, "h", (x + u).tanh()),)
        if self.kind == "lstm":
            raw = zip("ifgo", (x + u).chunk(4, -1), strict=True)
            gates = ((name, each.tanh() if name == "g" else each.sigmoid()) for name, each in raw)
            i, f, g, o = (self._edited(t, name, each) for name, each in gates)
            c = self._edited(t, "c", f * state[1] + i * g)
            return self._edited(t, "h", o * c.tanh()), c
        (xr, xz, xn), (ur, uz, un) = x.chunk(3, -1), u.chunk(3, -1)
        r, z = self._edited(t, "r", (xr + ur).sigmoid()), self._edited(t, "z", (xz + uz).sigmoid())
        n = self._edited(t, "n", (xn + r * un).tanh())
        return (self._edited(t, "h", (1 - z) * n + z * state[0]),)

    def _edited(self, t: int, name: str, value: Tensor) -> Tensor:
        changed = None if self.edit is None else self.edit(t, name, value)
        return value if changed is None else changed


def recursion(f: Tensor, i: Tensor, g: Tensor, first: Tensor) -> Tensor:
    """c_t = f_t c_{t-1} + i_t g_t over [B, T, H], from first [B, H].

    In NumPy without a graph, where 1000 steps take a third of a millisecond and torch's own operations ten:
    stretches of _STRETCH steps go side by side, each as if it began with nothing, and then get what the one before
    has left.
    """
    if torch.is_grad_enabled() and (f.requires_grad or i.requires_grad or g.requires_grad):
        c, steps = first, []
        for t in range(f.shape[1]):
            c = f[:, t] * c + i[:, t] * g[:, t]
            steps.append(c)
        return torch.stack(steps, 1) if steps else torch.zeros_like(f)
    return _side_by_side(*(each.detach().cpu().numpy() for each in (f, i, g, first))).to(f.device)


def _side_by_side(f: Array, i: Array, g: Array, first: Array) -> Tensor:
    batch, count, size = f.shape
    stretches = count // _STRETCH
    whole = stretches * _STRETCH

    def split(x: Array) -> Array:
        """[B, T, H] -> [steps of a stretch, B, stretches, H], what is left over cut off."""
        return x[:, :whole].reshape(batch, stretches, _STRETCH, size).transpose(2, 0, 1, 3)

    left = np.ascontiguousarray(split(f))  # what a stretch leaves of the state before it, step by step
    c, part = np.empty_like(left), np.empty((batch, stretches, size), f.dtype)
    np.multiply(split(i), split(g), out=c)
    for t in range(1, _STRETCH):
        c[t] += np.multiply(left[t], c[t - 1], out=part)
        left[t] *= left[t - 1]
    begins = np.empty((batch, stretches + 1, size), f.dtype)
    begins[:, 0] = first
    for k in range(stretches):
        np.multiply(left[-1, :, k], begins[:, k], out=begins[:, k + 1])
        begins[:, k + 1] += c[-1, :, k]
    left *= begins[:, :-1]
    out, state = np.empty((batch, count, size), f.dtype), begins[:, -1]
    np.add(left, c, out=split(out))
    for t in range(whole, count):
        state = out[:, t] = f[:, t] * state + i[:, t] * g[:, t]
    return torch.from_numpy(out)


def at_end(x: Tensor, lengths: Tensor, otherwise: Tensor) -> Tensor:
    """The last valid frame [B, N] of x [B, T, N]; `otherwise` for items without any."""
    if x.shape[1] == 0:
        return otherwise
    picked = x[torch.arange(len(x), device=x.device), (lengths - 1).clamp(min=0)]
    return torch.where((lengths > 0)[:, None], picked, otherwise)


def dropout_mask(like: Tensor, share: float) -> Tensor | None:
    """0 or 1 / (1 - share) with the shape of `like`; None where nothing is dropped."""
    if share <= 0:
        return None
    return torch.rand_like(like).ge_(share).div_(1 - share)


class SharedDropout(nn.Module):
    """Dropout of x [B, T, N] with one mask for all frames of an item (variational), or anew for each frame."""

    def __init__(self, share: float, same_over_time: bool = True) -> None:
        super().__init__()
        self.share, self.same_over_time = share, same_over_time

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.share <= 0:
            return x
        mask: Any = dropout_mask(x[:, :1] if self.same_over_time else x, self.share)
        return x * mask
