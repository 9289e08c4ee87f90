"""Resampling that is hardly late, and whose ratio may be turned as it runs: windowed sinc interpolation.

soxr streams in large blocks: from 16 to 48 kHz it holds back 25 to 37 ms, measured. Here it is HALF samples, 2 ms.
The filter is read from a table of phases with linear interpolation between them (Smith, Digital Audio Resampling).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

HALF = 32
"""Zero crossings of the sinc at either side."""
_PHASES = 256
_BETA = 8.0  # of the Kaiser window: -80 dB beyond the edge
_CUT = 0.94  # of the lower half rate: the filter's edge, at -6 dB


class Sinc:
    """Mono sound from one rate to another, aligned to the first sample. `bend` 0.01 plays it 1 % faster."""

    def __init__(self, source: float, target: float) -> None:
        self.bend = 0.0
        self._step = source / target
        self._same = source == target
        scale = min(1.0, target / source) * (1.0 if self._same else _CUT)
        self._half = math.ceil(HALF * max(1.0, self._step))
        self.late = self._half / source
        """Seconds that a sample waits for those after it."""
        away = np.arange(1 - self._half, self._half + 1) - np.arange(_PHASES + 1)[:, None] / _PHASES
        window = np.i0(_BETA * np.sqrt(np.maximum(0, 1 - (away / self._half) ** 2))) / np.i0(_BETA)
        self._table = (scale * np.sinc(scale * away) * window).astype(np.float32)
        self._sound = np.zeros(self._half - 1, np.float32)
        self._at = 0.0

    def push(self, block: Array) -> Array:
        """Samples [n] in, [m] out; m may be 0."""
        sound, size, step = np.concatenate([self._sound, block]), 2 * self._half, self._step * (1 + self.bend)
        room = len(sound) - size + 1
        count = max(0, math.ceil((room - self._at) / step))
        if self._same and step == 1.0 and self._at == 0.0:
            made = sound[self._half - 1 : self._half - 1 + count].copy()
        else:
            at = self._at + step * np.arange(count)
            whole = np.minimum(at.astype(np.int64), room - 1)
            phase = (at - whole) * _PHASES
            row = np.minimum(phase.astype(np.int64), _PHASES - 1)
            share = (phase - row).astype(np.float32)[:, None]
            taps = self._table[row] + share * (self._table[row + 1] - self._table[row])
            made = (
                np.einsum("ij,ij->i", sliding_window_view(sound, size)[whole], taps) if count else sound[:0].copy()
            )
        self._at += step * count
        gone = min(int(self._at), len(sound))
        self._sound, self._at = sound[gone:], self._at - gone
        return made
