"""The torch module of the Conformer; its knobs are in engine/models/conformer.py.

x = x + FFN(x) / 2,  x = x + MHSA(LN x),  x = x + Conv(x),  y = LN(x + FFN(x) / 2)
(Gulati and others, Conformer, 2020; without relative places, as torchaudio's, whose weights fit a block here)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from engine.convolution import heard
from engine.inputs import checked
from engine.models.conformer import STRIDE, Settings, lookahead
from engine.selfattention import around, attend, chunks, tell
from engine.subsampling import ConvSubsampling
from engine.trace import Key

if TYPE_CHECKING:
    from engine.models.model import Probe

Past = tuple[Tensor, Tensor]
"""What a block still sees of the steps before: its attention [B, P, D], its convolution [B, D, k - 1]."""
State = tuple[tuple[Past, ...], tuple[tuple[Tensor, ...], Tensor]]
"""Of each block; of the convolutions below, and which of the P steps there are [B, P]."""


class Conformer(nn.Module):
    """Frames -> two convolutions of stride 2 -> dense -> blocks -> logits.

    In chunks it streams: a stretch is a multiple of `block` frames. A probe is told `conv` 1 and 2 of the
    subsampling and from 3 on of the blocks, the attention of each head, and h of each block.
    """

    stride = STRIDE
    kept, parts = "conv", ("attended", "conv")

    def __init__(self, settings: Settings, inputs: int, outputs: int) -> None:
        super().__init__()
        self.settings, self.inputs = settings, inputs
        self.lookahead = lookahead(settings)
        self.block = STRIDE * max(1, settings.chunk)
        padding = "same" if settings.chunk else "valid"
        self.front = ConvSubsampling(inputs, settings.channels, padding, separable=settings.separable)
        self.dense = nn.Linear(self.front.width, settings.hidden)
        self.dropout = nn.Dropout(settings.dropout)
        self.blocks: Any = nn.ModuleList(Block(settings) for _ in range(settings.layers))
        self.head = nn.Linear(settings.hidden, outputs)

    def init_state(self, batch: int) -> State | None:
        if not self.settings.chunk:
            return None
        there = torch.zeros(batch, self.settings.left * self.settings.chunk, device=self.head.weight.device)
        return tuple(each.init_state(batch) for each in self.blocks), (self.front.init_state(batch), there)

    def forward(
        self, x: Tensor, lengths: Tensor, state: State | None = None, probe: Probe | None = None
    ) -> tuple[Tensor, Tensor, Any]:
        """x [B, T, F], lengths [B] -> logits [B, T', C], their lengths, the state after the last frame.

        T' = ((T - 1)//2 - 1)//2, or ceil(T / 4) in chunks. Raises ValueError where the axes are not (batch, time,
        feature).
        """
        checked(x, lengths, self.inputs)
        state = self.init_state(len(x)) if state is None else state
        past, (front, there) = ((None,) * len(self.blocks), (None, None)) if state is None else state
        h, steps, front = self.front(x, lengths, front, probe)
        h = heard(self.dropout(self.dense(h)), steps)
        exists = torch.arange(h.shape[1], device=h.device)[None] < steps[:, None]
        known = exists if there is None else torch.cat([there > 0, exists], 1)
        after = list[Any]()
        for number, (each, before) in enumerate(zip(self.blocks, past, strict=True), 1):
            h, kept = each(h, exists, known, before, probe, number)
            after.append(kept)
        y = self.head(h)
        if there is None:
            return y, steps, None
        return y, steps, (tuple(after), (front, known[:, known.shape[1] - there.shape[1] :].to(there.dtype)))

    def pace(self, key: Key | None = None) -> tuple[float, float]:
        """Input frames per value of a series, and where the first lies: in the middle of what it sees."""
        return self.front.pace(min(2, key.layer) if key is not None and key.name == "conv" else 2)


class Block(nn.Module):
    """One Conformer block, its parts named as those of torchaudio's ConformerLayer."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        width, self.settings = settings.hidden, settings
        self.ffn1 = _Dense(width, settings.wider * width, settings.dropout)
        self.self_attn_layer_norm = nn.LayerNorm(width)
        self.self_attn = nn.MultiheadAttention(width, settings.heads, settings.dropout, batch_first=True)
        self.self_attn_dropout = nn.Dropout(settings.dropout)
        self.conv_module = _Convolution(settings)
        self.ffn2 = _Dense(width, settings.wider * width, settings.dropout)
        self.final_layer_norm = nn.LayerNorm(width)

    def init_state(self, batch: int) -> Past:
        like, width = self.final_layer_norm.weight, self.settings.hidden
        steps = self.settings.left * self.settings.chunk
        return like.new_zeros(batch, steps, width), like.new_zeros(batch, width, self.settings.kernel - 1)

    def forward(
        self, x: Tensor, exists: Tensor, known: Tensor, past: Past | None, probe: Probe | None, number: int
    ) -> tuple[Tensor, Past | None]:
        """x [B, T, D] of which there are `exists` [B, T], and before them those of `past`, all in all `known`."""
        settings, count = self.settings, x.shape[1]
        if not count:
            return x, past
        x = x + 0.5 * self.ffn1(x)
        asks = told = self.self_attn_layer_norm(x)
        seen = exists[:, None].expand(-1, count, -1)
        if past is not None:
            told = torch.cat([past[0], asks], 1)
            seen = chunks(count, settings.chunk, settings.left, known)
        out, shares = attend(self.self_attn, asks, told, seen)
        x = x + self.self_attn_dropout(out)
        made, tail = self.conv_module(x, exists, None if past is None else past[1])
        x = x + made
        y: Tensor = self.final_layer_norm(x + 0.5 * self.ffn2(x))
        if probe is not None:
            if past is not None:
                before, reach = past[0].shape[1], settings.chunk - 1
                shares = around(shares, before, before + reach, reach)
            tell(probe, number, shares, past is not None)
            probe(Key("conv", 2 + number), made)
            probe(Key("h", number), y)
        return y, None if past is None else (told[:, told.shape[1] - past[0].shape[1] :], tail)


class _Dense(nn.Module):
    """LN -> wider -> SiLU -> back."""

    def __init__(self, width: int, inner: int, dropout: float) -> None:
        super().__init__()
        self.sequential = nn.Sequential(
            nn.LayerNorm(width),
            nn.Linear(width, inner),
            nn.SiLU(),
            nn.Dropout(dropout),
            nn.Linear(inner, width),
            nn.Dropout(dropout),
        )

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.sequential(x)
        return y


class _Convolution(nn.Module):
    """LN -> pointwise, GLU -> depthwise -> norm, SiLU -> pointwise; in chunks it sees the steps before alone."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        width, kernel = settings.hidden, settings.kernel
        self.layer_norm = nn.LayerNorm(width)
        self.sequential: Any = nn.Sequential(
            nn.Conv1d(width, 2 * width, 1),
            nn.GLU(dim=1),
            nn.Conv1d(width, width, kernel, padding=0 if settings.chunk else kernel // 2, groups=width),
            nn.BatchNorm1d(width) if settings.norm == "batch" else _ChannelNorm(width),
            nn.SiLU(),
            nn.Conv1d(width, width, 1),
            nn.Dropout(settings.dropout),
        )

    def forward(self, x: Tensor, exists: Tensor, past: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """x [B, T, D] -> [B, T, D], and what the next steps see of these [B, D, k - 1]."""
        point, gate, depthwise, *rest = self.sequential
        h = gate(point(self.layer_norm(x).transpose(1, 2))) * exists[:, None].to(x.dtype)
        if past is not None:
            h = torch.cat([past, h], 2)
        y, tail = depthwise(h), None if past is None else h[:, :, h.shape[2] - past.shape[2] :]
        for each in rest:
            y = each(y)
        return y.transpose(1, 2), tail


class _ChannelNorm(nn.LayerNorm):
    """Layer norm of x [B, D, T] over D."""

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = super().forward(x.transpose(1, 2)).transpose(1, 2)
        return y
