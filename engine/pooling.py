"""Bilinear pooling: one vector z [M] from two, f1 and f2 [N], of a frame, by the products of their values.

sum:        z = f1 + f2, the additive one, to be compared with.
full:       z_k = f1' W_k f2 + b_k, every pair of values with a weight of its own: M N^2 + M of them.
compact:    all N^2 products, each added with a sign to one of M sums, by hashes that are drawn once (count
            sketch): the sketch of the outer product is the circular convolution of the sketches of f1 and f2, so
            z = IFFT(FFT(s(f1)) FFT(s(f2))), and E <z(x1, x2), z(y1, y2)> = <x1, y1> <x2, y2>. No weights.
            (Gao and others, Compact Bilinear Pooling, 2016; Pham and Pagh, 2013)
low-rank:   z_k = (u_k . f1) (v_k . f2): full pooling whose W_k = u_k v_k' has the rank 1. (Kim and others, 2017)
attention:  a_t = softmax over s of f1_t' W f2_s,  z_t = sum_s a_ts f2_s: the product says where to look.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from engine import pooled

if TYPE_CHECKING:
    Hashes = tuple[Tensor, Tensor]
    """For each value of a vector: into which sum it goes, and with which sign."""

State = tuple[Tensor, Tensor]
"""The frames of f2 that the next ones still see [B, past, N], and which of them exist [B, past]."""
CHUNK = 256
HIDDEN = -1e30
"""A score that softmax turns into exactly 0, and that stays finite where a whole row is hidden."""


def outer(f1: Tensor, f2: Tensor) -> Tensor:
    """Every product of a value of f1 [..., N] with one of f2 [..., K]: [..., N, K]."""
    return f1[..., :, None] * f2[..., None, :]


def sketch(x: Tensor, hashes: Hashes, size: int) -> Tensor:
    """x [..., N] -> [..., size]: each value added with its sign to its sum."""
    at, signs = hashes
    return x.new_zeros(*x.shape[:-1], size).index_add(-1, at, x * signs)


def compact(f1: Tensor, f2: Tensor, first: Hashes, second: Hashes, size: int) -> Tensor:
    """The sketch [..., size] of the outer product of f1 [..., N] and f2 [..., K], each with hashes of its own."""
    product = torch.fft.rfft(sketch(f1, first, size)) * torch.fft.rfft(sketch(f2, second, size))
    return torch.fft.irfft(product, size)


class Sum(nn.Module):
    """z = f1 + f2."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width

    def forward(self, f1: Tensor, f2: Tensor) -> Tensor:
        return f1 + f2


class Full(nn.Bilinear):
    """z_k = f1' W_k f2 + b_k: `count(width, size)` weights."""

    def __init__(self, width: int, size: int) -> None:
        super().__init__(width, width, size)
        self.width = size


class Compact(nn.Module):
    """The outer product in `size` sums. The hashes follow from the sizes, and are no weights."""

    def __init__(self, width: int, size: int) -> None:
        super().__init__()
        self.width = size
        for name, (at, signs) in zip(("first", "second"), pooled.pair(width, size), strict=True):
            self.register_buffer(f"{name}_at", torch.from_numpy(at), persistent=False)
            self.register_buffer(f"{name}_signs", torch.from_numpy(signs), persistent=False)

    def forward(self, f1: Tensor, f2: Tensor) -> Tensor:
        mine: Any = self
        first, second = (mine.first_at, mine.first_signs), (mine.second_at, mine.second_signs)
        with torch.autocast(f1.device.type, enabled=False):  # its FFT knows no bfloat16
            return compact(f1.float(), f2.float(), first, second, self.width)


class LowRank(nn.Module):
    """z = (f1 U) o (f2 V), one product for each of `rank` columns."""

    def __init__(self, width: int, rank: int) -> None:
        super().__init__()
        self.width = rank
        self.u, self.v = nn.Linear(width, rank, bias=False), nn.Linear(width, rank, bias=False)
        for each in (self.u, self.v):  # of two small factors the product would be too small to learn from
            nn.init.normal_(each.weight, std=1.5 / math.sqrt(width))

    def forward(self, f1: Tensor, f2: Tensor) -> Tensor:
        out: Tensor = self.u(f1) * self.v(f2)
        return out


class Attention(nn.Module):
    """z_t = sum_s a_ts f2_s over frames s from `past` before t to `future` after it; a frame that is not there: 0.

    With `future` 0 it is causal, and streams by its state.
    """

    def __init__(self, width: int, past: int, future: int = 0) -> None:
        super().__init__()
        self.width, self.past, self.future = width, past, future
        self.w = nn.Parameter(torch.randn(width, width) / math.sqrt(width))

    def init_state(self, batch: int) -> State:
        none = torch.zeros(batch, self.past, dtype=torch.bool, device=self.w.device)
        return self.w.new_zeros(batch, self.past, self.width), none

    def forward(
        self, f1: Tensor, f2: Tensor, lengths: Tensor, state: State | None = None
    ) -> tuple[Tensor, Tensor, State]:
        """f1, f2 [B, T, N] -> z [B, T, N]; the weights [B, T, past + 1 + future], oldest first; the state."""
        before, existed = self.init_state(len(f2)) if state is None else state
        exists = torch.arange(f2.shape[1], device=f2.device)[None] < lengths[:, None]
        frames, valid = torch.cat([before, f2], 1), torch.cat([existed, exists], 1)
        index = lengths[:, None] + torch.arange(self.past, device=f2.device)[None]
        after = frames.gather(1, index[..., None].expand(-1, -1, self.width)), valid.gather(1, index)
        frames, valid = (
            nn.functional.pad(frames, (0, 0, 0, self.future)),
            nn.functional.pad(valid, (0, self.future)),
        )
        asks, parts = f1 @ self.w, []
        for start in range(0, f1.shape[1], CHUNK):
            stop = min(start + CHUNK, f1.shape[1])
            seen = slice(start, stop + self.past + self.future)
            parts.append(self._chunk(asks[:, start:stop], frames[:, seen], valid[:, seen]))
        if not parts:
            return f2, f2.new_zeros(len(f2), 0, self.past + 1 + self.future), after
        z, weights = (torch.cat(each, 1) for each in zip(*parts, strict=True))
        return z, weights, after

    def _chunk(self, asks: Tensor, frames: Tensor, valid: Tensor) -> tuple[Tensor, Tensor]:
        """asks [B, C, N] over frames [B, S, N], of which each sees its own window; S = C + past + future."""
        count, window = asks.shape[1], self.past + 1 + self.future
        index = torch.arange(count, device=asks.device)[:, None] + torch.arange(window, device=asks.device)[None]
        shown = valid[:, index]
        scores = (asks @ frames.transpose(1, 2)).gather(2, index[None].expand(len(asks), -1, -1))
        weights = scores.masked_fill(~shown, HIDDEN).softmax(-1) * shown
        spread = weights.new_zeros(len(asks), count, frames.shape[1])
        return spread.scatter(2, index[None].expand_as(weights), weights) @ frames, weights
