"""The LSTM: a memory c that is added to, and three gates that guard it.

    forward                             backward
    i = sigmoid(W_i x + U_i h' + b_i)   di = dc g,               da_i = di i (1 - i)
    f = sigmoid(W_f x + U_f h' + b_f)   df = dc c',              da_f = df f (1 - f)
    g =    tanh(W_g x + U_g h' + b_g)   dg = dc i,               da_g = dg (1 - g^2)
    o = sigmoid(W_o x + U_o h' + b_o)   do = dh tanh(c),         da_o = do o (1 - o)
    c = f c' + i g                      dc' = dc f
    h = o tanh(c)                       dc += dh o (1 - tanh(c)^2)
                                        dh' = U^T da, over all four gates

dc' = dc f is the reason for it all: the error goes back through c by one multiplication with f alone, and where
the forget gate stands open (f = 1) it arrives undiminished, however long ago that was.
"""

from typing import ClassVar, Self

import numpy as np
from numpy.typing import DTypeLike

from engine.scratch.cell import Array, Cell, State
from engine.scratch.gate import sigmoid, sigmoid_back, tanh_back


class Lstm(Cell):
    """The gates' rows lie in torch's order i, f, g, o; a is [4 H, B] at each step."""

    GATES: ClassVar[tuple[str, ...]] = ("i", "f", "g", "o")

    @classmethod
    def draw(cls, inputs: int, hidden: int, rng: np.random.Generator, dtype: DTypeLike = np.float32) -> Self:
        """As any cell, but with a forget gate that begins open: the error reaches far back from the start."""
        cell = super().draw(inputs, hidden, rng, dtype)
        cell.weights["b"][hidden : 2 * hidden] += 1.0
        return cell

    def step(self, t: int) -> None:
        a, c, tanh_c = self.a[t], self.c[t + 1], self.tanh_c[t]  # [4 H, B], [H, B], [H, B]
        a += np.matmul(self.weights["U"], self.h[t], out=self.u)  # [4 H, H] @ [H, B]
        i, f, g, o = self._gates(a)  # [H, B] each
        sigmoid(a[: 2 * self.hidden])  # i and f
        np.tanh(g, out=g)
        sigmoid(o)
        np.multiply(f, self.c[t], out=c)
        c += np.multiply(i, g, out=self.v)  # c = f c' + i g
        np.tanh(c, out=tanh_c)
        np.multiply(o, tanh_c, out=self.h[t + 1])  # h = o tanh(c)

    def back(self, t: int) -> None:
        a, da, dh, dc, tanh_c, v, size = (
            self.a[t],
            self.da[t],
            self.dh,
            self.dc,
            self.tanh_c[t],
            self.v,
            self.hidden,
        )
        (i, f, g, o), (di, df, dg, do) = self._gates(a), self._gates(da)  # [H, B] each
        np.multiply(dh, tanh_c, out=do)
        np.multiply(tanh_c, tanh_c, out=v)
        np.subtract(1.0, v, out=v)
        v *= o
        v *= dh
        dc += v  # dc += dh o (1 - tanh(c)^2)
        np.multiply(dc, g, out=di)
        np.multiply(dc, self.c[t], out=df)
        np.multiply(dc, i, out=dg)
        dc *= f  # from here on dc'
        sigmoid_back(da[: 2 * size], a[: 2 * size], self.u[: 2 * size])  # i and f
        tanh_back(dg, g, v)
        sigmoid_back(do, o, v)
        np.matmul(self.weights["U"].T, da, out=dh)  # dh' = U^T da: [H, 4 H] @ [4 H, B]

    def init_state(self, clips: int) -> State:
        return 2 * super().init_state(clips)

    @property
    def state(self) -> State:
        return (self.h[-1].copy(), self.c[-1].copy())

    @property
    def before(self) -> State:
        return (self.dh, self.dc)

    def seen(self) -> dict[str, Array]:
        return super().seen() | {"c": self.c[1:]}

    def _gates(self, rows: Array) -> Array:
        """[4 H, B] as four times [H, B], without copying."""
        return rows.reshape(4, self.hidden, -1)

    def _make_room(self, steps: int, clips: int) -> None:
        super()._make_room(steps, clips)
        self.c = self._room("c", steps + 1, self.hidden, clips)
        self.tanh_c = self._room("tanh_c", steps, self.hidden, clips)
        self.dc, self.v = (self._room(name, self.hidden, clips) for name in ("dc", "v"))

    def _begin(self, state: State) -> None:
        self.h[0], self.c[0] = state

    def _end(self, after: State | None) -> None:
        super()._end(after)
        self.dc[...] = 0.0 if after is None else after[1]
