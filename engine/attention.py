"""Attention over a window of frames: which of the last (or surrounding) frames make up each frame's context.

pooling (additive):  e_s = v tanh(W h_s + b), the same question at every frame;
self (dot product):  e_ts = (Q h_t) (K h_s) / sqrt(D);
a_t = softmax of e over the window of t,  context_t = sum_s a_ts h_s.
"""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Tensor, nn

CHUNK = 256
HIDDEN = -1e30
"""A score that softmax turns into exactly 0, and that stays finite where a whole row is hidden."""

State = tuple[Tensor, Tensor]
"""The frames that the next window still sees [B, past, D], and which of them exist [B, past]."""


class WindowAttention(nn.Module):
    """Looks `past` frames back and `future` frames ahead; a frame that does not exist gets the weight 0."""

    def __init__(self, kind: Literal["pooling", "self"], width: int, past: int, future: int = 0) -> None:
        super().__init__()
        self.kind, self.past, self.future = kind, past, future
        self.key = nn.Linear(width, width)
        self.query = nn.Linear(width, width) if kind == "self" else nn.Linear(width, 1, bias=False)

    def init_state(self, batch: int) -> State:
        like = self.key.weight
        none = torch.zeros(batch, self.past, dtype=torch.bool, device=like.device)
        return like.new_zeros(batch, self.past, like.shape[1]), none

    def forward(self, h: Tensor, lengths: Tensor, state: State | None = None) -> tuple[Tensor, Tensor, State]:
        """h [B, T, D] -> contexts [B, T, D], weights [B, T, past + 1 + future] (oldest first), the state after."""
        before, existed = self.init_state(len(h)) if state is None else state
        exists = torch.arange(h.shape[1], device=h.device)[None] < lengths[:, None]
        frames, valid = torch.cat([before, h], 1), torch.cat([existed, exists], 1)
        index = lengths[:, None] + torch.arange(self.past, device=h.device)[None]
        after = frames.gather(1, index[..., None].expand(-1, -1, h.shape[2])), valid.gather(1, index)
        frames = nn.functional.pad(frames, (0, 0, 0, self.future))
        valid = nn.functional.pad(valid, (0, self.future))
        keys = self.key(frames)
        parts = []
        for start in range(0, h.shape[1], CHUNK):
            stop = min(start + CHUNK, h.shape[1])
            seen = slice(start, stop + self.past + self.future)
            parts.append(self._chunk(h[:, start:stop], frames[:, seen], keys[:, seen], valid[:, seen]))
        if not parts:
            return h, h.new_zeros(len(h), 0, self.past + 1 + self.future), after
        context, weights = (torch.cat(each, 1) for each in zip(*parts, strict=True))
        return context, weights, after

    def _chunk(self, h: Tensor, frames: Tensor, keys: Tensor, valid: Tensor) -> tuple[Tensor, Tensor]:
        """h [B, C, D] asks frames [B, C + past + future, D]."""
        window = self.past + 1 + self.future
        count = h.shape[1]
        index = torch.arange(count, device=h.device)[:, None] + torch.arange(window, device=h.device)[None]
        if self.kind == "self":
            scores = self.query(h) @ keys.transpose(1, 2) / math.sqrt(h.shape[2])
            scores = scores.gather(2, index[None].expand(len(h), -1, -1))
        else:
            scores = self.query(keys.tanh())[..., 0][:, index]
        shown = valid[:, index]
        weights = scores.masked_fill(~shown, HIDDEN).softmax(-1) * shown
        spread = weights.new_zeros(len(h), count, frames.shape[1])
        spread = spread.scatter(2, index[None].expand(len(h), -1, -1), weights)
        return spread @ frames, weights


class ClipAttention(nn.Module):
    """Additive attention over all frames of an item: many frames to one vector."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.key = nn.Linear(width, width)
        self.query = nn.Linear(width, 1, bias=False)

    def forward(self, h: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """h [B, T, D] -> the weighted mean [B, D] and the weights [B, T], 0 in the padding."""
        exists = torch.arange(h.shape[1], device=h.device)[None] < lengths[:, None]
        scores = self.query(self.key(h).tanh())[..., 0]
        weights = scores.masked_fill(~exists, HIDDEN).softmax(-1) * exists
        return (weights[:, None] @ h)[:, 0], weights
