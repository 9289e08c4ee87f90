"""What denoisers are trained by: how far an enhanced sound is from the clean one, in torch; less is better."""

from __future__ import annotations

import torch
from torch import Tensor

from engine import spectra

_LEAST = 1e-8
BEST = 30.0
"""dB; above it nothing is heard any more, and a silent residual would be worth endlessly much."""
SIZES = (256, 512, 1024)
"""Windows of the perceptual term, in samples at 16 kHz: 16, 32 and 64 ms."""


def si_sdr(found: Tensor, clean: Tensor) -> Tensor:
    """Scale-invariant signal-to-distortion ratio in dB of sounds [B, n] -> [B].

    10 log10 (|a s|^2 / |a s - x|^2), a = <x, s> / |s|^2, both without their means (Le Roux et al. 2019).
    """
    x, s = (each - each.mean(-1, keepdim=True) for each in (found, clean))
    target = s * ((x * s).sum(-1, keepdim=True) / (s.square().sum(-1, keepdim=True) + _LEAST))
    ratio = (target.square().sum(-1) + _LEAST) / ((x - target).square().sum(-1) + _LEAST)
    return 10.0 * torch.log10(ratio)


def distortion(found: Tensor, clean: Tensor) -> Tensor:
    """-SI-SDR in dB, the mean of a batch, capped where nothing is heard any more."""
    return -si_sdr(found, clean).clamp(max=BEST).mean()


def absolute(found: Tensor, clean: Tensor) -> Tensor:
    """Mean absolute error of sounds [B, n]."""
    return (found - clean).abs().mean()


def magnitude(found: Tensor, clean: Tensor) -> Tensor:
    """Mean squared error of the compressed magnitudes of two spectra, complex [B, T, F]."""
    return (spectra.compressed(found)[1] - spectra.compressed(clean)[1]).square().mean()


def relative(found: Tensor, clean: Tensor) -> Tensor:
    """That error over the mean power of what is clean, item by item, in dB: quiet ones count as loud ones."""
    one, other = spectra.compressed(found)[1], spectra.compressed(clean)[1]
    ratio = (one - other).square().mean((1, 2)) / (other.square().mean((1, 2)) + 1e-4)
    return 10.0 * torch.log10(ratio + 1e-4).mean()


def spectrum(found: Tensor, clean: Tensor) -> Tensor:
    """Mean squared error of the compressed spectra with their phases."""
    apart = spectra.compressed(found)[0] - spectra.compressed(clean)[0]
    return (apart.real.square() + apart.imag.square()).mean()


def perceptual(found: Tensor, clean: Tensor) -> Tensor:
    """Multi-resolution STFT of sounds [B, n]: spectral convergence plus log magnitudes, the mean over SIZES.

    Yamamoto, Song and Kim 2020, Parallel WaveGAN.
    """
    total = found.new_zeros(())
    for size in SIZES:
        shape = torch.hann_window(size, device=found.device)
        one, other = (
            torch.stft(each, size, size // 4, window=shape, return_complex=True, pad_mode="constant")
            .abs()
            .clamp(min=1e-5)
            for each in (found, clean)
        )
        gap = torch.linalg.vector_norm(other - one) / torch.linalg.vector_norm(other).clamp(min=1e-5)
        total = total + gap + (one.log() - other.log()).abs().mean()
    return total / len(SIZES)


def sparsity(mask: Tensor) -> Tensor:
    """The mean of a mask [B, T, F]: alone it is least where everything is shut."""
    return mask.mean()
