"""The cepstrum: the logarithm of mel bands in a few cosines, which MFCC and prosody share."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from engine import dsp

if TYPE_CHECKING:
    from numpy.typing import NDArray

COSINES = "mfcc.cosines"
"""What the cosines of the stage `mfcc` are called among the parts of the work that are timed."""


class Cepstrum:
    """Mel power [T, bands] to the first `kept` terms [T, kept] of the orthonormal DCT-II of its logarithm.

    `floor` is added to the power. `took` tells the milliseconds that the cosines have taken, by COSINES.
    """

    def __init__(self, bands: int, kept: int, floor: float) -> None:
        self.took = {COSINES: 0.0}
        self._floor = np.float32(floor)
        self._cosines = dsp.dct_matrix(bands, kept).astype(np.float32)

    def __call__(self, power: NDArray[np.float32]) -> NDArray[np.float32]:
        level = np.log(power + self._floor)
        began = time.perf_counter()
        found: NDArray[np.float32] = level @ self._cosines
        self.took[COSINES] += 1e3 * (time.perf_counter() - began)
        return found
