"""Self-attention of whole sounds and in chunks: which frames see which, and what a probe is told of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from engine.attention import HIDDEN
from engine.trace import Key

if TYPE_CHECKING:
    from engine.models.model import Probe


def attend(attention: Any, asks: Tensor, told: Tensor, seen: Tensor, weigh: bool) -> tuple[Tensor, Tensor | None]:
    """torch's multi-head attention of asks [B, T, D] to told [B, S, D], each seeing those of `seen` [B, T, S].

    -> [B, T, D], and the shares [B, heads, T, S] if they are wanted. Who sees nothing stays finite.
    """
    bias = torch.zeros_like(seen, dtype=asks.dtype).masked_fill(~seen, HIDDEN)
    bias = bias[:, None].expand(-1, attention.num_heads, -1, -1).flatten(0, 1)
    out, shares = attention(asks, told, told, attn_mask=bias, need_weights=weigh, average_attn_weights=False)
    return out, shares


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
    padded = torch.nn.functional.pad(shares, (max(0, past - before), future))
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
