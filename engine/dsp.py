"""What several stages share of signal processing: windows, filter banks, the DCT, frames and their power."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_CHUNK = 128  # frames at once: window, spectrum and power of a chunk stay in the second-level cache


def hertz_to_mel(hertz: NDArray[np.float64], scale: str) -> NDArray[np.float64]:
    """Slaney: linear to 1 kHz, then logarithmic (27 steps to a factor of 6.4). HTK: 2595 log10(1 + f / 700)."""
    if scale == "htk":
        return 2595.0 * np.log10(1.0 + hertz / 700.0)
    linear = hertz * 3.0 / 200.0
    with np.errstate(divide="ignore", invalid="ignore"):
        above = 15.0 + np.log(hertz / 1000.0) * 27.0 / np.log(6.4)
    return np.where(hertz >= 1000.0, above, linear)


def mel_to_hertz(mels: NDArray[np.float64], scale: str) -> NDArray[np.float64]:
    """The inverse of `hertz_to_mel`."""
    if scale == "htk":
        return 700.0 * (10.0 ** (mels / 2595.0) - 1.0)
    return np.where(mels >= 15.0, 1000.0 * np.exp((mels - 15.0) * np.log(6.4) / 27.0), mels * 200.0 / 3.0)


def mel_edges(n_mels: int, fmin: float, fmax: float, scale: str) -> NDArray[np.float64]:
    """Hertz [n_mels + 2]: each band reaches from its left to its right neighbour's centre."""
    low, high = hertz_to_mel(np.array([fmin, fmax]), scale)
    return mel_to_hertz(np.linspace(low, high, n_mels + 2), scale)


@functools.lru_cache(maxsize=32)
def mel_bank(
    rate: float, n_fft: int, n_mels: int, fmin: float, fmax: float, scale: str, area: bool
) -> NDArray[np.float64]:
    """Triangles [n_fft // 2 + 1, n_mels] over power; `area` divides each by its width (Slaney's norm)."""
    edges = mel_edges(n_mels, fmin, fmax, scale)
    bins = np.linspace(0.0, rate / 2.0, n_fft // 2 + 1)[:, None]
    left, centre, right = edges[:-2], edges[1:-1], edges[2:]
    bank = np.maximum(0.0, np.minimum((bins - left) / (centre - left), (right - bins) / (right - centre)))
    if area:
        bank *= 2.0 / (right - left)
    bank.setflags(write=False)
    return bank


@functools.lru_cache(maxsize=16)
def dct_matrix(n: int, kept: int) -> NDArray[np.float64]:
    """The first `kept` columns of the orthonormal DCT-II, [n, kept]: sqrt(2/n) cos(pi k (2 i + 1) / 2n)."""
    matrix = np.cos(np.pi / (2 * n) * np.outer(2 * np.arange(n) + 1, np.arange(kept))) * np.sqrt(2.0 / n)
    matrix[:, 0] /= np.sqrt(2.0)
    matrix.setflags(write=False)
    return matrix


@functools.lru_cache(maxsize=16)
def window(name: str, n: int) -> NDArray[np.float32]:
    """A periodic window [n]: hann, hamming, blackman or boxcar."""
    angle = 2.0 * np.pi * np.arange(n) / n
    shapes = {
        "hann": 0.5 - 0.5 * np.cos(angle),
        "hamming": 0.54 - 0.46 * np.cos(angle),
        "blackman": 0.42 - 0.5 * np.cos(angle) + 0.08 * np.cos(2 * angle),
        "boxcar": np.ones(n),
    }
    shape = shapes[name].astype(np.float32)
    shape.setflags(write=False)
    return shape


def overlap_error(name: str, win: int, hop: int) -> float:
    """How far the shifted squared windows are from a constant sum, 0 to 1; 1 means that some sample is lost."""
    total = np.zeros(hop)
    for start in range(0, win, hop):
        part = np.square(window(name, win)[start : start + hop], dtype=np.float64)
        total[: len(part)] += part
    return float((total.max() - total.min()) / max(total.max(), 1e-12))


def frames(sound: NDArray[np.float32], n: int, hop: int) -> NDArray[np.float32]:
    """A view [T, n] of every whole frame of sound [samples]; T may be 0."""
    if len(sound) < n:
        return np.zeros((0, n), np.float32)
    return np.lib.stride_tricks.sliding_window_view(sound, n)[::hop]


def spectrum(framed: NDArray[np.float32], shape: NDArray[np.float32], n_fft: int) -> NDArray[np.complex64]:
    """The one-sided spectrum [T, n_fft // 2 + 1] of frames [T, n] times a window [n]."""
    import scipy.fft  # 0.3 s to import: not before the first sound

    return scipy.fft.rfft(framed * shape, n_fft, axis=1)


def power(
    framed: NDArray[np.float32], shape: NDArray[np.float32], n_fft: int, bank: NDArray[np.float32] | None
) -> NDArray[np.float32]:
    """|spectrum|^2 [T, n_fft // 2 + 1] of frames [T, n], through a filter bank [.., N] if one is given."""
    out = np.empty((len(framed), n_fft // 2 + 1 if bank is None else bank.shape[1]), np.float32)
    for start in range(0, len(framed), _CHUNK):
        part = spectrum(framed[start : start + _CHUNK], shape, n_fft)
        squared = np.square(part.real) + np.square(part.imag)
        out[start : start + _CHUNK] = squared if bank is None else squared @ bank
    return out


def cross_power(
    first: NDArray[np.float32],
    second: NDArray[np.float32],
    shape: NDArray[np.float32],
    n_fft: int,
    bank: NDArray[np.float32] | None,
) -> NDArray[np.float32]:
    """Re(X conj(N)) of two sounds' frames [T, n], through a filter bank: the middle term of |X + aN|^2."""
    out = np.empty((len(first), n_fft // 2 + 1 if bank is None else bank.shape[1]), np.float32)
    for start in range(0, len(first), _CHUNK):
        x = spectrum(first[start : start + _CHUNK], shape, n_fft)
        y = spectrum(second[start : start + _CHUNK], shape, n_fft)
        product = x.real * y.real + x.imag * y.imag
        out[start : start + _CHUNK] = product if bank is None else product @ bank
    return out


def decibels(
    power: NDArray[np.float32], floor: float, ref: float = 0.0, out: NDArray[np.float32] | None = None
) -> NDArray[np.float32]:
    """10 log10 of power, not below `floor` (a power), less `ref` decibels."""
    # NumPy's float32 log is vectorised and its log10 is not: ten times as fast.
    level = np.maximum(power, np.float32(floor), out=out)
    np.log(level, out=level)
    level *= np.float32(10.0 / np.log(10.0))
    if ref:
        level -= np.float32(ref)
    return level


def decibel(ratio: float) -> float:
    """10 log10 of a power ratio; -200 for silence."""
    return 10.0 * float(np.log10(max(ratio, 1e-20)))


def mixed_sound(own: NDArray[np.float32], partner: NDArray[np.float32], share: float) -> NDArray[np.float32]:
    """What a mixup sounds like (the stage mixup): two sounds [n], [m] at their shares, [max(n, m)]."""
    out = np.zeros(max(len(own), len(partner)), np.float32)
    out[: len(own)] += np.float32(share) * own
    out[: len(partner)] += np.float32(1.0 - share) * partner
    return out
