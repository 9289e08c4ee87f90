"""Half-overlapping root-Hann frames at 16 kHz, in NumPy: how denoisers take sound apart and together.

Frame t is centred on sample t * HOP, with silence around the sound; the squared windows of two neighbours add up
to one, so that a sound taken apart and put together again is itself. engine/spectra.py is the same in torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine import dsp

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float32]
    Spectrum = NDArray[np.complex64]

RATE = 16000
WIN, HOP = 512, 256
BINS = WIN // 2 + 1
HERTZ = tuple(k * RATE / WIN for k in range(BINS))
EXPONENT = 0.3
"""Magnitudes are compressed by this power, about as loudness grows."""
_LEAST = 1e-12
SHAPE: Array = np.sqrt(dsp.window("hann", WIN))


def analyse(sound: Array) -> Spectrum:
    """[n] -> complex [1 + ceil(n / HOP), BINS]; of no samples, none."""
    padded = np.pad(sound, (HOP, HOP + -len(sound) % HOP)) if len(sound) else sound
    return spectrum(dsp.frames(padded, WIN, HOP))


def spectrum(framed: Array) -> Spectrum:
    """[T, WIN] -> complex [T, BINS]"""
    import scipy.fft

    found: Spectrum = scipy.fft.rfft(framed * SHAPE, axis=-1)
    return found


def synthesise(spectrum: Spectrum, n: int) -> Array:
    """Complex [T, BINS] -> [n]"""
    import scipy.fft

    framed = scipy.fft.irfft(spectrum, WIN, axis=-1) * SHAPE
    out = np.zeros((len(framed) + 1) * HOP, np.float32)
    out[:-HOP] += framed[:, :HOP].reshape(-1)
    out[HOP:] += framed[:, HOP:].reshape(-1)
    return out[HOP : HOP + n]


def compressed(spectrum: Spectrum) -> tuple[Spectrum, Array]:
    """X -> |X|^p e^(i phase), and |X|^p"""
    size = np.sqrt(np.square(spectrum.real) + np.square(spectrum.imag) + np.float32(_LEAST))
    return spectrum * size ** np.float32(EXPONENT - 1.0), size ** np.float32(EXPONENT)


def apart(values: NDArray[np.floating]) -> NDArray[np.complexfloating]:
    """Real | imaginary [..., 2 N] -> complex [..., N]"""
    half = values.shape[-1] // 2
    found: NDArray[np.complexfloating] = values[..., :half] + 1j * values[..., half:]
    return found
