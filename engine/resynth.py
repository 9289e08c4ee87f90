"""Masked features made audible: the mask as gains on the sound's own spectrum, with the noisy phase."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine import dsp
from engine.blocks import Spectral
from engine.links import build
from engine.stages.stage import Format

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.stages.stage import Link

_CHUNK = 256  # frames at once


@dataclass(frozen=True, eq=False)
class MaskedSound:
    """The source of a clip of masked sound, float32 [n, 1], which is made when it is first read."""

    sound: NDArray[np.float32]
    rate: int
    link: Link
    keep: NDArray[np.bool_]

    @property
    def channels(self) -> int:
        return 1

    @property
    def frames(self) -> int:
        return len(self.sound)

    def read(self, start: int, stop: int) -> NDArray[np.float32]:
        return self._heard[start:stop, None]

    def pick(self, starts: NDArray[np.int64], length: int) -> NDArray[np.float32]:
        """Samples [len(starts), length, 1]."""
        return self._heard[starts[:, None] + np.arange(length)][..., None]

    @functools.cached_property
    def _heard(self) -> NDArray[np.float32]:
        heard = hear_masked(self.sound, self.rate, self.link, self.keep)
        heard.setflags(write=False)
        return heard


def hear_masked(
    sound: NDArray[np.float32], rate: int, link: Link, keep: NDArray[np.bool_] | NDArray[np.float32]
) -> NDArray[np.float32]:
    """The sound [n] as the masked features leave it. `keep` [T, F]: 1 where a cell of `link`'s frames remains.

    Each FFT bin's gain is the mean of the bands that it belongs to (the transposed filter bank). Columns that are
    not frequencies (MFCC) count by their mean: such a mask is heard in time alone. Raises StageError.
    """
    import scipy.fft

    stage = build(link, Format(float(rate)))
    shape, n_fft, hop = _analysis(stage, rate)
    win, left = len(shape), len(shape) // 2
    padded = np.pad(sound, (left, win))
    framed = dsp.frames(padded, win, hop)[: len(keep)]
    gains = _gains(stage, np.asarray(keep, np.float32), n_fft)
    out, weight = np.zeros(len(padded) + n_fft, np.float32), np.zeros(len(padded) + n_fft, np.float32)
    for start in range(0, len(framed), _CHUNK):
        part = dsp.spectrum(framed[start : start + _CHUNK], shape, n_fft) * gains[start : start + _CHUNK]
        back = scipy.fft.irfft(part, n_fft, axis=1)[:, :win] * shape
        for row, frame in enumerate(back, start):
            out[row * hop : row * hop + win] += frame
            weight[row * hop : row * hop + win] += shape * shape
    out /= np.maximum(weight, 1e-3)
    return out[left : left + len(sound)]


def _analysis(stage: object, rate: int) -> tuple[NDArray[np.float32], int, int]:
    if isinstance(stage, Spectral):
        return stage.shape, stage.n_fft, stage.hop
    hop = round(rate / stage.output.rate)  # type: ignore[attr-defined] # every stage has an output
    n_fft = 1 << (4 * hop - 1).bit_length()
    return dsp.window("hann", n_fft), n_fft, hop


def _gains(stage: object, keep: NDArray[np.float32], n_fft: int) -> NDArray[np.float32]:
    """Gains [T, n_fft // 2 + 1] from cells [T, F]."""
    bins = n_fft // 2 + 1
    if not isinstance(stage, Spectral) or stage.output.axis not in ("mel", "frequency"):
        return np.repeat(keep.mean(axis=1, keepdims=True), bins, axis=1)
    if stage.bank is None:
        return keep
    even = stage.bank / np.maximum(stage.bank.max(axis=0), 1e-12)  # bands of equal height share a bin evenly
    total = even.sum(axis=1)
    gains = (keep @ even.T) / np.maximum(total, 1e-12)
    outside = total <= 1e-9
    gains[:, outside] = keep.mean(axis=1, keepdims=True)  # below the first band and above the last
    return gains
