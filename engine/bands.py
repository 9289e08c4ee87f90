"""Bands of a spectrum of halves.py: single frequencies at the bottom, further up as wide as hearing is coarse.

Band k stands at bin k, from LINEAR on at LINEAR r^(k - LINEAR), the last one at the last bin. A bin between two
bands takes from both as much as it is near to them; a band hears the mean power of its bins, weighed alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine import halves

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

COUNT, LINEAR = 96, 48
_STEPS = np.arange(COUNT)
_RATIO = ((halves.BINS - 1) / LINEAR) ** (1 / (COUNT - 1 - LINEAR))
_CENTRES = np.where(_STEPS < LINEAR, _STEPS, LINEAR * _RATIO ** (_STEPS - LINEAR))
HERTZ = tuple(float(each) * halves.RATE / halves.WIN for each in _CENTRES)
SPREAD: Array = np.stack([np.interp(np.arange(halves.BINS), _CENTRES, row) for row in np.eye(COUNT)], 0).astype(
    np.float32
)
"""[COUNT, BINS]: gains of bands @ SPREAD are gains of bins."""
_POOL = (SPREAD / SPREAD.sum(1, keepdims=True)).T.copy()


def heard(spectrum: NDArray[np.complex64]) -> Array:
    """Complex [T, BINS] -> root of the mean power of each band [T, COUNT]"""
    found: Array = np.sqrt((np.square(spectrum.real) + np.square(spectrum.imag)) @ _POOL)
    return found
