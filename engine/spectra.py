"""Short-time spectra for training, in torch: sound to frames and back, half-overlapping root-Hann windows.

The same frames as engine/halves.py makes in NumPy.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from engine.halves import EXPONENT, HOP, WIN

_LEAST = 1e-12


def window(like: Tensor) -> Tensor:
    """[WIN]"""
    return torch.hann_window(WIN, device=like.device, dtype=like.dtype).sqrt()


def analyse(sound: Tensor) -> Tensor:
    """[..., n] -> complex [..., 1 + ceil(n / HOP), BINS]"""
    framed = functional.pad(sound, (HOP, HOP + -sound.shape[-1] % HOP)).unfold(-1, WIN, HOP)
    return torch.fft.rfft(framed * window(sound))


def synthesise(spectrum: Tensor, n: int) -> Tensor:
    """Complex [B, T, BINS] -> [B, n]"""
    framed = torch.fft.irfft(spectrum, WIN)
    framed = framed * window(framed)
    batch, frames, _ = framed.shape
    out = framed.new_zeros(batch, (frames + 1) * HOP)
    out[:, :-HOP] += framed[..., :HOP].reshape(batch, -1)
    out[:, HOP:] += framed[..., HOP:].reshape(batch, -1)
    return out[:, HOP : HOP + n]


def compressed(spectrum: Tensor, exponent: float = EXPONENT) -> tuple[Tensor, Tensor]:
    """X -> |X|^p e^(i phase), and |X|^p"""
    size = (spectrum.real.square() + spectrum.imag.square() + _LEAST).sqrt()
    return spectrum * size ** (exponent - 1.0), size**exponent
