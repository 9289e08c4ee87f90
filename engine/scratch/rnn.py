"""The plain recurrent cell.

    forward                             backward
    a = W x + U h' + b                  dW = da x^T,  dU = da h'^T,  db = da,  dh' = U^T da
    h = tanh(a)                         da = dh (1 - h^2)

dh' is the one line that goes back in time: at every step the error is multiplied by U^T and by a slope of at most
1. After many steps it has vanished or, where U is large, exploded.
"""

import numpy as np

from engine.scratch.cell import Cell


class Rnn(Cell):
    """One gate-less layer; a [H, B] at each step."""

    def step(self, t: int) -> None:
        a = self.a[t]  # [H, B], so far W x + b
        a += np.matmul(self.weights["U"], self.h[t], out=self.u)  # [H, H] @ [H, B]
        np.tanh(a, out=self.h[t + 1])

    def back(self, t: int) -> None:
        h, da = self.h[t + 1], self.da[t]  # [H, B]
        np.multiply(h, h, out=da)
        np.subtract(1.0, da, out=da)
        da *= self.dh  # da = (1 - h^2) dh
        np.matmul(self.weights["U"].T, da, out=self.dh)  # dh' = U^T da
