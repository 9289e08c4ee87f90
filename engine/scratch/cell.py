"""What RNN, LSTM and GRU have in common: their weights, and the way through time, there and back."""

import math
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import DTypeLike, NDArray

Array = NDArray[Any]
State = tuple[Array, ...]
"""(h,) or, for the LSTM, (h, c); each [H, B]."""

TOGETHER = 8
"""Steps whose share of a weight's gradient is one matrix product: more would no longer fit the cache."""


class Cell:
    """One layer in one direction. A kind of cell says what one step does (`step`) and undoes (`back`).

    `weights` are W [G H, D], U [G H, H] and b [G H, 1], the rows of the G gates one after another in the order of
    GATES; `grads` has the same names and shapes, and `backward` adds to it.

    The arrays that `forward` fills are kept from call to call, as to allocate them anew takes longer than to fill
    them: what it returned is valid until the next call.
    """

    GATES: ClassVar[tuple[str, ...]] = ()

    def __init__(self, weights: dict[str, Array]) -> None:
        self.weights, self.hidden, self.blocks = weights, weights["U"].shape[1], max(1, len(self.GATES))
        self.grads = {name: np.zeros_like(each) for name, each in weights.items()}
        self._memory: dict[str, Array] = {}

    @classmethod
    def draw(cls, inputs: int, hidden: int, rng: np.random.Generator, dtype: DTypeLike = np.float32) -> Self:
        """One with weights drawn from -1 / sqrt(H) to 1 / sqrt(H)."""
        reach = hidden**-0.5
        shapes = cls.shapes(inputs, hidden)
        return cls({name: rng.uniform(-reach, reach, shape).astype(dtype) for name, shape in shapes.items()})

    @classmethod
    def shapes(cls, inputs: int, hidden: int) -> dict[str, tuple[int, int]]:
        """The shape of each weight, for D inputs and H units."""
        rows = max(1, len(cls.GATES)) * hidden
        return {"W": (rows, inputs), "U": (rows, hidden), "b": (rows, 1)}

    def init_state(self, clips: int) -> State:
        """Zeros."""
        return (np.zeros((self.hidden, clips), self.weights["U"].dtype),)

    def step(self, t: int) -> None:
        """From a[t] = W x + b and h[t], the state before, to h[t + 1]."""
        raise NotImplementedError

    def back(self, t: int) -> None:
        """From dh = dL/dh[t + 1], all of it, to da[t] = dL/da[t] and to dh = dL/dh[t]."""
        raise NotImplementedError

    def forward(self, x: Array, state: State | None = None) -> Array:
        """x [T, D, B] and the state before -> h [T, H, B]. The state after is `state`."""
        steps, inputs, clips = x.shape
        if inputs != self.weights["W"].shape[1]:
            raise ValueError(f"x must be [T, {self.weights['W'].shape[1]}, B], got {x.shape}")
        self._make_room(steps, clips)
        self.x = x
        self._begin(self.init_state(clips) if state is None else state)
        np.matmul(self.weights["W"], x, out=self.a)  # [G H, D] @ [T, D, B] -> [T, G H, B], all time at once
        self.a += self.weights.get("b", 0.0)
        with np.errstate(over="ignore"):  # exp(-a) may be infinite: sigmoid(a) is 0 then, as it should be
            for t in range(steps):
                self.step(t)
        return self.h[1:]

    def backward(self, dh: Array, after: State | None = None, to_input: bool = True) -> Array | None:
        """Backpropagation through time: dh [T, H, B] -> dx [T, D, B], and dW, dU, db are added to `grads`.

        `after` is the gradient by the state after the last step, where that was used for something. That by the
        state before the first step is `before` then. Without `to_input` there is no dx.
        """
        self._end(after)
        for t in reversed(range(len(self.x))):
            self.dh += dh[t]  # h is felt twice: in the output at t, and in all that comes after t
            self.back(t)
        self._add_gradients()
        return np.matmul(self.weights["W"].T, self.da) if to_input else None

    @property
    def state(self) -> State:
        """After the last step: copies, so that nothing that comes later changes them."""
        return (self.h[-1].copy(),)

    @property
    def before(self) -> State:
        """dL/d(state before the first step), after `backward`."""
        return (self.dh,)

    def seen(self) -> dict[str, Array]:
        """Every value of the last `forward`: h, each gate and, for the LSTM, c; each [T, H, B]."""
        return {"h": self.h[1:]} | {
            name: self.a[:, k * self.hidden : (k + 1) * self.hidden] for k, name in enumerate(self.GATES)
        }

    def _add_gradients(self) -> None:
        """a = W x + U h' + b at every step, so dW is the sum over time of da x^T, and so on."""
        add_products(self.da, self.x, self.grads["W"])
        add_products(self.da, self.h[:-1], self.grads["U"])
        self.grads["b"] += total(self.da)

    def _make_room(self, steps: int, clips: int) -> None:
        rows = self.blocks * self.hidden
        self.a, self.da = (self._room(name, steps, rows, clips) for name in ("a", "da"))
        self.h = self._room("h", steps + 1, self.hidden, clips)
        self.u = self._room("u", rows, clips)
        self.dh = self._room("dh", self.hidden, clips)

    def _room(self, name: str, *shape: int) -> Array:
        """Memory of a shape, with whatever was in it."""
        size, dtype = math.prod(shape), self.weights["U"].dtype
        if name not in self._memory or self._memory[name].size < size:
            self._memory[name] = np.empty(size, dtype)
        return self._memory[name][:size].reshape(shape)

    def _begin(self, state: State) -> None:
        self.h[0] = state[0]

    def _end(self, after: State | None) -> None:
        self.dh[...] = 0.0 if after is None else after[0]


def add_products(d: Array, x: Array, out: Array) -> None:
    """out [M, N] += the sum over time of d x^T; d [T, M, B], x [T, N, B]."""
    for t in range(0, len(d), TOGETHER):
        left, right = (each[t : t + TOGETHER].transpose(1, 0, 2).reshape(each.shape[1], -1) for each in (d, x))
        out += left @ right.T


def total(d: Array) -> Array:
    """The sum of d [T, M, B] over time and clips, [M, 1]: the gradient of a bias."""
    summed: Array = d.sum(0).sum(1, keepdims=True)
    return summed
