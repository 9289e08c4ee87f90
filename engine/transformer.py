"""The torch module of the transformer for speech; its knobs are in engine/models/transformer.py.

(Vaswani and others, Attention Is All You Need, 2017; places by sines:
    p[t, 2 i] = sin(t / 10000^(2 i / D)),  p[t, 2 i + 1] = cos(t / 10000^(2 i / D)))
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.convolution import existing, heard
from engine.inputs import checked
from engine.models.transformer import STRIDE, Settings
from engine.selfattention import tell
from engine.trace import Key

if TYPE_CHECKING:
    from engine.models.model import Probe


class Transformer(nn.Module):
    """Frames [B, T, F] -> conv 3 x 3 -> max pool 2 -> dense -> + places -> layers -> logits [B, T // 2, C].

    A probe is told `conv` 1 and 2, before and after pooling, `selfattention` of each head, and h of each layer.
    """

    stride = STRIDE
    lookahead: int | None = None

    def __init__(self, settings: Settings, inputs: int, outputs: int) -> None:
        super().__init__()
        self.settings, self.inputs = settings, inputs
        width = settings.hidden
        self.conv = nn.Conv2d(1, settings.channels, 3, 1, 1)
        self.dense = nn.Linear(settings.channels * max(1, inputs // 2), width)
        self.dropout = nn.Dropout(settings.dropout)
        self.blocks: Any = nn.ModuleList(
            nn.TransformerEncoderLayer(
                width, settings.heads, settings.wider * width, settings.dropout, batch_first=True, norm_first=True
            )
            for _ in range(settings.layers)
        )
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, outputs)

    def init_state(self, batch: int) -> None:
        """Nothing is carried over: it hears all of the sound at once."""

    def forward(
        self, x: Tensor, lengths: Tensor, state: None = None, probe: Probe | None = None
    ) -> tuple[Tensor, Tensor, None]:
        """x [B, T, F], lengths [B] -> logits [B, T // 2, C], half the lengths, no state.

        Raises ValueError where the axes are not (batch, time, feature).
        """
        checked(x, lengths, self.inputs)
        h = functional.relu(self.conv(existing(x[:, None], lengths)))
        pooled = functional.max_pool2d(h, (2, 2 if self.inputs > 1 else 1)) if x.shape[1] > 1 else h[:, :, :0]
        if probe is not None:
            probe(Key("conv", 1), h.transpose(1, 2).flatten(2))
            probe(Key("conv", 2), pooled.transpose(1, 2).flatten(2))
        steps = lengths // STRIDE
        h = (
            self.dense(pooled.transpose(1, 2).flatten(2))
            if pooled.shape[2]
            else x.new_zeros(len(x), 0, self.settings.hidden)
        )
        h = heard(self.dropout(h + places(h)), steps)
        hidden = torch.arange(h.shape[1], device=h.device)[None] >= steps[:, None]
        hidden[:, :1] = False  # an item without any frame attends to its padding, so that its numbers stay finite
        for number, block in enumerate(self.blocks if h.shape[1] else (), 1):
            if probe is not None:
                asked = block.norm1(h)
                shares = block.self_attn(
                    asked, asked, asked, key_padding_mask=hidden, need_weights=True, average_attn_weights=False
                )[1]
                tell(probe, number, shares)
            h = block(h, src_key_padding_mask=hidden)
            if probe is not None:
                probe(Key("h", number), h)
        return self.head(self.norm(h)), steps, None

    def pace(self, key: Key | None = None) -> tuple[float, float]:
        """The convolution keeps every frame; all behind the pooling lies between two."""
        return (1, 0.0) if key == Key("conv", 1) else (STRIDE, 0.5)


def places(h: Tensor) -> Tensor:
    """The place of each frame of h [B, T, D], as sines and cosines [T, D]."""
    width = h.shape[2]
    at = torch.arange(h.shape[1], device=h.device, dtype=h.dtype)[:, None]
    slower = torch.exp(torch.arange(0, width, 2, device=h.device, dtype=h.dtype) * (-math.log(1e4) / width))
    return torch.stack([(at * slower).sin(), (at * slower).cos()], -1).flatten(1)[:, :width]
