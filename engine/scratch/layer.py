"""A layer in one direction, or in both: a second cell reads each clip from its end to its start."""

import numpy as np

from engine.scratch.cell import Array, Cell, State


class Layer:
    """`forwards`, and `backwards` where there is one; h is [T, H, B] or, of both, [T, 2 H, B]."""

    def __init__(self, forwards: Cell, backwards: Cell | None = None) -> None:
        self.forwards, self.backwards = forwards, backwards
        self.cells = {"forwards": forwards} | ({} if backwards is None else {"backwards": backwards})

    def forward(self, x: Array, lengths: Array, state: State | None = None) -> Array:
        """x [T, D, B] with so many real frames a clip, lengths [B]."""
        h = self.forwards.forward(x, state)
        if self.backwards is None:
            return h
        self.lengths = lengths
        later = reverse(self.backwards.forward(reverse(x, lengths)), lengths)
        return np.concatenate([h, later], 1)

    def backward(self, dh: Array, to_input: bool = True) -> Array | None:
        """dh, of the shape of h -> dx [T, D, B]."""
        size = self.forwards.hidden
        dx = self.forwards.backward(dh[:, :size], to_input=to_input)
        if self.backwards is None:
            return dx
        later = self.backwards.backward(reverse(dh[:, size:], self.lengths), to_input=to_input)
        return None if dx is None or later is None else dx + reverse(later, self.lengths)


def reverse(x: Array, lengths: Array) -> Array:
    """x [T, N, B] with each clip's first `lengths` frames in reverse; the padding stays where it is.

    Its own inverse, and its own derivative: what was moved forth is moved back.
    """
    time = np.arange(len(x))[:, None]  # [T, 1]
    source = np.where(time < lengths, lengths - 1 - time, time)  # [T, B]
    moved: Array = np.take_along_axis(x, source[:, None], 0)
    return moved
