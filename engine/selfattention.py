"""Self-attention of whole sounds and in chunks: which frames see which, and what a probe is told of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn import functional

from engine.attention import HIDDEN
from engine.trace import Key

if TYPE_CHECKING:
    from engine.models.model import Probe


def attend(attention: Any, asks: Tensor, told: Tensor, seen: Tensor) -> tuple[Tensor, Tensor]:
    """torch's multi-head attention of asks [B, T, D] to told [B, S, D], each seeing those of `seen` [B, T, S].

    -> [B, T, D], and the shares [B, heads, T, S]. Who sees nothing stays finite. Written out: as torch's own goes
    to ONNX, it takes sounds of one length alone.
    """
    heads, weights = attention.num_heads, attention.in_proj_weight.chunk(3)
    query, key, value = (
        functional.linear(each, weight, bias).unflatten(2, (heads, -1)).transpose(1, 2)
        for each, weight, bias in zip((asks, told, told), weights, attention.in_proj_bias.chunk(3), strict=True)
    )
    scores = query @ key.transpose(2, 3) / (asks.shape[2] // heads) ** 0.5
    shares = scores.masked_fill(~seen[:, None], HIDDEN).softmax(-1)
    mixed = functional.dropout(shares, attention.dropout, attention.training) @ value
    return attention.out_proj(mixed.transpose(1, 2).flatten(2)), shares


def chunks(count: int, size: int, left: int, exists: Tensor) -> Tensor:
    """Who sees whom [B, count, left size + count]: a frame its own chunk of `size`, and the `left` chunks before.

    `exists` [B, left size + count] are the frames before and the frames themselves that there are.
    """
    at = torch.arange(count, device=exists.device)[:, None]
    other = torch.arange(exists.shape[1], device=exists.device)[None] - left * size
    begin = at // size * size
    return ((other >= begin - left * size) & (other < begin + size))[None] & exists[:, None]


def around(shares: Tensor, before: int, past: int, future: int) -> Tensor:
    """Shares [B, heads, T, before + T] -> [B, heads, T, past + 1 + future] around each frame, oldest first."""
    count = shares.shape[2]
    padded = functional.pad(shares, (max(0, past - before), future))
    index = torch.arange(count, device=shares.device)[:, None] + torch.arange(
        past + 1 + future, device=shares.device
    )
    index = index + max(0, before - past)
    return padded.gather(3, index[None, None].expand(*shares.shape[:2], -1, -1))


def tell(probe: Probe, layer: int, shares: Tensor, windowed: bool = False) -> None:
    """Tell a probe the shares of each head [B, heads, T, N]: of a window around each frame, or of all."""
    name = "attention" if windowed else "selfattention"
    for head in range(shares.shape[1]):
        probe(Key(f"{name}.head{head + 1}", layer), shares[:, head])
