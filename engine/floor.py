"""The noise floor of each band of a spectrum, followed as sound comes: what a steered denoiser hears.

With L = ln(size + LEAST): m += UP (L - m) where L > m, DOWN (L - m) elsewhere; so m lies near the minima.
The level that all bands are compared with is the same of their mean, slow both ways.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

UP, DOWN, LEVEL = (np.float32(each) for each in (0.02, 0.3, 0.05))
LEAST = np.float32(1e-5)
SCALE, SHIFT = np.float32(0.4), np.float32(1.0)
"""What a network hears is about as large as one: SCALE (L - level), and SCALE (L - floor - SHIFT)."""


class Floor:
    """The state between frames: the floor [F] and the level."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._floor: Array | None = None
        self._level = np.float32(0)

    def heard(self, size: Array) -> Array:
        """Magnitudes [T, F] -> [T, 2 F]: how loud over the level, then how loud over the floor."""
        loud = np.log(size + LEAST)
        out = np.empty((len(loud), 2, loud.shape[1]), np.float32)
        for row, mean, (over, above) in zip(loud, loud.mean(-1), out, strict=True):
            if self._floor is None:
                self._floor, self._level = row.copy(), mean
            gap = row - self._floor
            self._floor += np.minimum(gap * UP, gap * DOWN)
            self._level += (mean - self._level) * LEVEL
            np.subtract(row, self._level, out=over)
            np.subtract(row, self._floor, out=above)
        out[:, 1] -= SHIFT
        out *= SCALE
        return out.reshape(len(out), 2 * loud.shape[1])  # -1 does not do for no frames
