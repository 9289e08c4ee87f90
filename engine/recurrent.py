"""The torch module of the recurrent network; its knobs are in engine/models/recurrent.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from engine import attention
from engine.cells import SharedDropout
from engine.cells import State as CellState
from engine.inputs import checked
from engine.layer import Layer
from engine.models.recurrent import Settings, heads, lookahead
from engine.trace import Key

if TYPE_CHECKING:
    from engine.models.model import Probe

State = tuple[tuple[CellState | None, ...], attention.State | None]


class Recurrent(nn.Module):
    """Frames -> (stacked frames) -> layers -> (attention) -> logits."""

    def __init__(self, settings: Settings, inputs: int, outputs: int) -> None:
        super().__init__()
        self.settings, self.inputs = settings, inputs
        self.stride = settings.stack
        self.lookahead = lookahead(settings)
        width = settings.hidden * (2 if settings.bidirectional else 1)
        widths = [inputs * settings.stack, *[width] * (settings.layers - 1)]
        self.layers: Any = nn.ModuleList(
            Layer(settings.cell, each, settings.hidden, settings.bidirectional, settings.recurrent_dropout)  # type: ignore[arg-type]
            for each in widths
        )
        self.input_dropout = SharedDropout(settings.input_dropout, settings.same_mask)
        self.output_dropout = SharedDropout(settings.output_dropout, settings.same_mask)
        self.attend = self._attention(width)
        self.pool = attention.ClipAttention(width) if settings.readout == "attention" else None
        self.head = nn.Linear(width * (2 if self.attend is not None else 1), outputs)

    def _attention(self, width: int) -> attention.WindowAttention | None:
        kind, window = self.settings.attention, self.settings.window
        if kind == "none":
            return None
        future = window // 2 if self.settings.bidirectional else 0
        heads, off = self.settings.heads, self.settings.heads_off
        return attention.WindowAttention(kind, width, window - 1 - future, future, heads, off)  # type: ignore[arg-type]

    def init_state(self, batch: int) -> State:
        attended = None if self.attend is None else self.attend.init_state(batch)
        return tuple(layer.forwards.init_state(batch) for layer in self.layers), attended

    def forward(
        self, x: Tensor, lengths: Tensor, state: State | None = None, probe: Probe | None = None
    ) -> tuple[Tensor, Tensor, Any]:
        """x [B, T, F], lengths [B] -> logits [B, T', C], their lengths, the state after the last frame.

        A stretch that is carried on with its state must be a multiple of `stride` long, but for the last.
        Raises ValueError where the axes are not (batch, time, feature).
        """
        checked(x, lengths, self.inputs)
        before, attended = self.init_state(len(x)) if state is None else state
        h, steps = stack(x, lengths, self.stride)
        after: list[CellState | None] = []
        for number, (layer, each) in enumerate(zip(self.layers, before, strict=True), 1):
            out, last = layer(self.input_dropout(h), steps, each, probe, number)
            after.append(last)
            h = h + out if self.settings.residual and h.shape == out.shape else out
        y, out_lengths, attended = self.read(h, steps, attended, probe)
        return y, out_lengths, (tuple(after), attended)

    def read(
        self, h: Tensor, steps: Tensor, attended: attention.State | None = None, probe: Probe | None = None
    ) -> tuple[Tensor, Tensor, attention.State | None]:
        """What stands above the layers: their output h [B, T, H] -> logits, their lengths, attention's state."""
        if self.attend is not None:
            context, weights, attended = self.attend(h, steps, attended)
            if probe is not None:
                for head, name in enumerate(heads(self.settings)):
                    probe(Key(name), weights[:, :, head])
            h = torch.cat([h, context], -1)
        return *self._read_out(h, steps, probe), attended

    def _read_out(self, h: Tensor, steps: Tensor, probe: Probe | None) -> tuple[Tensor, Tensor]:
        """One answer a frame; or one of the clip, from the mean of its frames by the shares of the readout."""
        if self.settings.readout == "frames":
            return self.head(self.output_dropout(h)), steps
        shares = self._shares(h, steps)
        one = shares[:, None] @ h
        if probe is not None:
            probe(Key("attention" if self.attend is None else "attention.clip"), shares[..., None])
            # The head is linear: its sum over the frames, and the bias, are the logits.
            probe(Key("evidence"), shares[..., None] * (h @ self.head.weight.T))
        return self.head(self.output_dropout(one)), torch.ones_like(steps)

    def _shares(self, h: Tensor, steps: Tensor) -> Tensor:
        """How much each frame of h [B, T, H] counts in the one answer [B, T]: all of it is 1, the padding 0."""
        at = torch.arange(h.shape[1], device=h.device)[None]
        if self.settings.readout == "last":
            return (at == steps[:, None] - 1).to(h.dtype)
        if self.pool is None:
            return (at < steps[:, None]) / steps.clamp(min=1)[:, None].to(h.dtype)
        width = self.settings.hidden * (2 if self.settings.bidirectional else 1)
        return self.pool(h[..., :width], steps)


def stack(x: Tensor, lengths: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """x [B, T, F] -> [B, ceil(T / count), count F]: neighbours joined, the last filled up with zeros."""
    if count == 1:
        return x, lengths
    exists = torch.arange(x.shape[1], device=x.device)[None] < lengths[:, None]
    x = nn.functional.pad(x * exists[..., None], (0, 0, 0, -x.shape[1] % count))
    return x.reshape(len(x), -1, count * x.shape[2]), (lengths + count - 1) // count
