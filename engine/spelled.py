"""Poolings spelled out in products of matrices, where no bilinear layer and no Fourier transform is known."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from engine.pooling import Compact, sketch


def spell(module: nn.Module) -> None:
    """Put their like, with the same answers, in the place of a module's poolings."""
    for name, child in list(module.named_children()):
        if isinstance(child, nn.Bilinear):
            setattr(module, name, _Full(child))
        elif isinstance(child, Compact):
            setattr(module, name, _Compact(child))
        else:
            spell(child)


class _Full(nn.Module):
    """z_k = f1' W_k f2 + b_k, with all f1' W_k as one product."""

    def __init__(self, other: nn.Bilinear) -> None:
        super().__init__()
        self.shape = other.weight.shape  # [K, N, M]
        self.weight = nn.Parameter(other.weight.detach().transpose(0, 1).flatten(1))
        self.bias = other.bias

    def forward(self, f1: Tensor, f2: Tensor) -> Tensor:
        half = (f1 @ self.weight).reshape(len(f1), -1, self.shape[0], self.shape[2])
        z: Tensor = (half * f2[:, :, None]).sum(-1) + self.bias
        return z


class _Compact(nn.Module):
    """Sketch and transform are linear: one matrix for both, and one for the way back. Complex as two real ones."""

    def __init__(self, other: Compact) -> None:
        super().__init__()
        mine: Any = other
        one = torch.eye(len(mine.first_at))
        for name, hashes in (
            ("first", (mine.first_at, mine.first_signs)),
            ("second", (mine.second_at, mine.second_signs)),
        ):
            self.register_buffer(name, _split(torch.fft.rfft(sketch(one, hashes, other.width))))
        bins = torch.eye(other.width // 2 + 1, dtype=torch.complex64)
        self.register_buffer("back", torch.cat([torch.fft.irfft(bins * unit, other.width) for unit in (1, 1j)]))

    def forward(self, f1: Tensor, f2: Tensor) -> Tensor:
        mine: Any = self
        (a, b), (c, d) = (f1 @ mine.first).chunk(2, -1), (f2 @ mine.second).chunk(2, -1)
        z: Tensor = torch.cat([a * c - b * d, a * d + b * c], -1) @ mine.back
        return z


def _split(x: Tensor) -> Tensor:
    """Complex [N, M] -> [N, 2 M], real parts first."""
    return torch.cat([x.real, x.imag], -1)
