"""Attention over a window of frames: which of the last (or surrounding) frames make up each frame's context.

pooling (additive):  e_s = v tanh(K h_s + b), the same question at every frame;
additive:            e_ts = v tanh(Q h_t + K h_s + b);
self (dot product):  e_ts = (Q h_t) (K h_s) / sqrt(D);
a_t = softmax of e over the window of t,  context_t = sum_s a_ts h_s.
multihead:  H times self, each head with D / H rows of Q, K and V:  head_t = sum_s a_ts V h_s;
            context_t = O [head 1, ..., head H]. A head that is off gives zeros.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from collections.abc import Sequence

Kind = Literal["pooling", "self", "additive", "multihead"]
CHUNK = 256
HIDDEN = -1e30
"""A score that softmax turns into exactly 0, and that stays finite where a whole row is hidden."""

State = tuple[Tensor, Tensor]
"""The frames that the next window still sees [B, past, D], and which of them exist [B, past]."""


class WindowAttention(nn.Module):
    """Looks `past` frames back and `future` frames ahead; a frame that does not exist gets the weight 0.

    `heads` of multi-head attention share the width; those in `off`, counted from 1, say nothing.
    """

    def __init__(
        self,
        kind: Kind,
        width: int,
        past: int,
        future: int = 0,
        heads: int = 1,
        off: Sequence[int] = (),
    ) -> None:
        super().__init__()
        self.kind, self.past, self.future = kind, past, future
        self.heads = heads if kind == "multihead" else 1
        self.key = nn.Linear(width, width)
        self.query = nn.Linear(width, 1, bias=False) if kind == "pooling" else nn.Linear(width, width)
        if kind == "additive":
            self.energy = nn.Linear(width, 1, bias=False)
        if kind == "multihead":
            self.value, self.out = nn.Linear(width, width), nn.Linear(width, width)
        sounds = [float(head + 1 not in off) for head in range(self.heads)]
        self.register_buffer("sounds", torch.tensor(sounds), persistent=False)

    def init_state(self, batch: int) -> State:
        like = self.key.weight
        none = torch.zeros(batch, self.past, dtype=torch.bool, device=like.device)
        return like.new_zeros(batch, self.past, like.shape[1]), none

    def forward(self, h: Tensor, lengths: Tensor, state: State | None = None) -> tuple[Tensor, Tensor, State]:
        """h [B, T, D] -> contexts [B, T, D], weights [B, T, heads, past + 1 + future] oldest first, state."""
        before, existed = self.init_state(len(h)) if state is None else state
        exists = torch.arange(h.shape[1], device=h.device)[None] < lengths[:, None]
        frames, valid = torch.cat([before, h], 1), torch.cat([existed, exists], 1)
        index = lengths[:, None] + torch.arange(self.past, device=h.device)[None]
        after = frames.gather(1, index[..., None].expand(-1, -1, h.shape[2])), valid.gather(1, index)
        frames = nn.functional.pad(frames, (0, 0, 0, self.future))
        valid = nn.functional.pad(valid, (0, self.future))
        keys, values = self.key(frames), self.value(frames) if self.kind == "multihead" else frames
        chunk = CHUNK // 8 if self.kind == "additive" else CHUNK  # its tanh is over [chunk, window, D]
        parts = []
        for start in range(0, h.shape[1], chunk):
            stop = min(start + chunk, h.shape[1])
            seen = slice(start, stop + self.past + self.future)
            parts.append(self._chunk(h[:, start:stop], values[:, seen], keys[:, seen], valid[:, seen]))
        if not parts:
            return h, h.new_zeros(len(h), 0, self.heads, self.past + 1 + self.future), after
        context, weights = (torch.cat(each, 1) for each in zip(*parts, strict=True))
        return context, weights, after

    def _chunk(self, h: Tensor, values: Tensor, keys: Tensor, valid: Tensor) -> tuple[Tensor, Tensor]:
        """h [B, C, D] asks the frames of which keys and values [B, S, D] are given, S = C + past + future."""
        batch, count, width = h.shape
        window = self.past + 1 + self.future
        index = torch.arange(count, device=h.device)[:, None] + torch.arange(window, device=h.device)[None]
        shown = valid[:, None, index]
        scores = self._scores(h, keys, index)
        weights = scores.masked_fill(~shown, HIDDEN).softmax(-1) * shown
        spread = weights.new_zeros(batch, self.heads, count, values.shape[1])
        spread = spread.scatter(3, index[None, None].expand_as(weights), weights)
        context = spread @ self._split(values)
        if self.kind == "multihead":
            sounds: Any = self.sounds
            context = self.out((context * sounds[:, None, None]).transpose(1, 2).reshape(batch, count, width))
        else:
            context = context[:, 0]
        return context, weights.transpose(1, 2)

    def _scores(self, h: Tensor, keys: Tensor, index: Tensor) -> Tensor:
        """[B, heads, C, window]."""
        if self.kind == "pooling":
            return self.query(keys.tanh())[..., 0][:, None, index]
        if self.kind == "additive":
            return self.energy((self.query(h)[:, :, None] + keys[:, index]).tanh())[..., 0][:, None]
        scores = self._split(self.query(h)) @ self._split(keys).transpose(2, 3)
        scores = scores / math.sqrt(h.shape[2] / self.heads)
        return scores.gather(3, index[None, None].expand(*scores.shape[:2], -1, -1))

    def _split(self, x: Tensor) -> Tensor:
        """[B, S, D] -> [B, heads, S, D / heads]."""
        return x.reshape(*x.shape[:2], self.heads, -1).transpose(1, 2)


class ClipAttention(nn.Module):
    """Additive attention over all frames of an item: how much each of them counts."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.key = nn.Linear(width, width)
        self.query = nn.Linear(width, 1, bias=False)

    def forward(self, h: Tensor, lengths: Tensor) -> Tensor:
        """h [B, T, D] -> the weights [B, T], 0 in the padding, their sum 1."""
        exists = torch.arange(h.shape[1], device=h.device)[None] < lengths[:, None]
        scores = self.query(self.key(h).tanh())[..., 0]
        weights: Tensor = scores.masked_fill(~exists, HIDDEN).softmax(-1) * exists
        return weights
