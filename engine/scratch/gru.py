"""The GRU, in the convention of the learning plan and in torch's: they are two different networks.

Of the learning plan ("seed"): the reset gate acts before the matrix, z = 1 takes the new, and there is no bias.

    forward                             backward
    r = sigmoid(W_r x + U_r h')         dr = (U_n^T da_n) h',      da_r = dr r (1 - r)
    z = sigmoid(W_z x + U_z h')         dz = dh (n - h'),          da_z = dz z (1 - z)
    n = tanh(W_n x + U_n (r h'))        dn = dh z,                 da_n = dn (1 - n^2)
    h = (1 - z) h' + z n                dh' = dh (1 - z) + (U_n^T da_n) r + U_r^T da_r + U_z^T da_z

Of torch: the reset gate acts after the matrix (so that one product serves all three gates), z = 1 keeps the old,
and there is a second bias d inside the bracket.

    r = sigmoid(W_r x + U_r h' + b_r)   dr = da_n q,               da_r = dr r (1 - r)
    z = sigmoid(W_z x + U_z h' + b_z)   dz = dh (h' - n),          da_z = dz z (1 - z)
    q = U_n h' + d                      dq = da_n r,               dd = dq
    n = tanh(W_n x + b_n + r q)         dn = dh (1 - z),           da_n = dn (1 - n^2)
    h = (1 - z) n + z h'                dh' = dh z + U_r^T da_r + U_z^T da_z + U_n^T dq
"""

from typing import ClassVar

import numpy as np

from engine.scratch.cell import Array, Cell, add_products, total
from engine.scratch.gate import sigmoid, sigmoid_back, tanh_back


class _Gru(Cell):
    """The gates' rows lie in the order r, z, n; a is [3 H, B] at each step."""

    GATES: ClassVar[tuple[str, ...]] = ("r", "z", "n")

    def _gates(self, rows: Array) -> Array:
        """[3 H, B] as three times [H, B], without copying."""
        return rows.reshape(3, self.hidden, -1)

    def _make_room(self, steps: int, clips: int) -> None:
        super()._make_room(steps, clips)
        self.v, self.w = (self._room(name, self.hidden, clips) for name in ("v", "w"))


class SeedGru(_Gru):
    """As the learning plan writes it."""

    @classmethod
    def shapes(cls, inputs: int, hidden: int) -> dict[str, tuple[int, int]]:
        return {name: shape for name, shape in super().shapes(inputs, hidden).items() if name != "b"}

    def step(self, t: int) -> None:
        a, before, h, kept, size = self.a[t], self.h[t], self.h[t + 1], self.kept[t], 2 * self.hidden
        r, z, n = self._gates(a)  # [H, B] each
        a[:size] += np.matmul(self.weights["U"][:size], before, out=self.u[:size])  # [2 H, H] @ [H, B]
        sigmoid(a[:size])  # r and z
        np.multiply(r, before, out=kept)  # r h'
        n += np.matmul(self.weights["U"][size:], kept, out=self.v)  # [H, H] @ [H, B]
        np.tanh(n, out=n)
        np.subtract(n, before, out=h)
        h *= z
        h += before  # h = h' + z (n - h')

    def back(self, t: int) -> None:
        a, da, before, dh, v, w = self.a[t], self.da[t], self.h[t], self.dh, self.v, self.w
        (r, z, n), (dr, dz, dn), size = self._gates(a), self._gates(da), 2 * self.hidden  # [H, B] each
        np.multiply(dh, z, out=dn)
        tanh_back(dn, n, v)
        np.subtract(n, before, out=dz)
        dz *= dh
        np.matmul(self.weights["U"][size:].T, dn, out=w)  # U_n^T da_n, the gradient by r h'
        np.multiply(w, before, out=dr)
        sigmoid_back(da[:size], a[:size], self.u[:size])  # r and z
        np.subtract(1.0, z, out=v)
        dh *= v
        w *= r
        dh += w
        dh += np.matmul(self.weights["U"][:size].T, da[:size], out=v)  # [H, 2 H] @ [2 H, B]

    def _add_gradients(self) -> None:
        """As for any cell, but that U_n was multiplied by r h' and not by h'."""
        size = 2 * self.hidden
        add_products(self.da, self.x, self.grads["W"])
        add_products(self.da[:, :size], self.h[:-1], self.grads["U"][:size])
        add_products(self.da[:, size:], self.kept, self.grads["U"][size:])

    def _make_room(self, steps: int, clips: int) -> None:
        super()._make_room(steps, clips)
        self.kept = self._room("kept", steps, self.hidden, clips)


class TorchGru(_Gru):
    """As torch and cuDNN compute it."""

    @classmethod
    def shapes(cls, inputs: int, hidden: int) -> dict[str, tuple[int, int]]:
        return super().shapes(inputs, hidden) | {"d": (hidden, 1)}

    def step(self, t: int) -> None:
        a, before, h, u, q, size = self.a[t], self.h[t], self.h[t + 1], self.u, self.q[t], 2 * self.hidden
        r, z, n = self._gates(a)  # [H, B] each
        np.matmul(self.weights["U"], before, out=u)  # [3 H, H] @ [H, B]
        a[:size] += u[:size]
        sigmoid(a[:size])  # r and z
        np.add(u[size:], self.weights["d"], out=q)
        n += np.multiply(r, q, out=self.v)
        np.tanh(n, out=n)
        np.subtract(before, n, out=h)
        h *= z
        h += n  # h = n + z (h' - n)

    def back(self, t: int) -> None:
        a, da, du, before, dh, v = self.a[t], self.da[t], self.du[t], self.h[t], self.dh, self.v
        (r, z, n), (dr, dz, dn), size = self._gates(a), self._gates(da), 2 * self.hidden  # [H, B] each
        np.subtract(1.0, z, out=dn)
        dn *= dh
        tanh_back(dn, n, v)
        np.subtract(before, n, out=dz)
        dz *= dh
        np.multiply(dn, self.q[t], out=dr)
        sigmoid_back(da[:size], a[:size], self.u[:size])  # r and z
        du[:size] = da[:size]
        np.multiply(dn, r, out=du[size:])  # dq
        dh *= z
        dh += np.matmul(self.weights["U"].T, du, out=v)  # [H, 3 H] @ [3 H, B]

    def _add_gradients(self) -> None:
        """As for any cell, but that U_n h' enters by way of q."""
        add_products(self.da, self.x, self.grads["W"])
        add_products(self.du, self.h[:-1], self.grads["U"])
        self.grads["b"] += total(self.da)
        self.grads["d"] += total(self.du[:, 2 * self.hidden :])

    def _make_room(self, steps: int, clips: int) -> None:
        super()._make_room(steps, clips)
        self.q = self._room("q", steps, self.hidden, clips)
        self.du = self._room("du", steps, 3 * self.hidden, clips)
