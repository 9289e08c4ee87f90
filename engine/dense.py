"""The torch module of the dense network; its knobs are in engine/models/dense.py."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from engine.trace import Key

if TYPE_CHECKING:
    from engine.models.dense import Settings
    from engine.models.model import Probe


class Dense(nn.Module):
    """Frames with their neighbours -> layers of tanh -> logits. Of several frames the outer ones are zeros."""

    stride = 1

    def __init__(self, settings: Settings, inputs: int, outputs: int) -> None:
        super().__init__()
        self.settings, self.inputs = settings, inputs
        self.lookahead: int | None = settings.context
        widths = [inputs * (2 * settings.context + 1), *[settings.hidden] * settings.layers]
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(widths))
        self.head = nn.Linear(settings.hidden, outputs)
        self.dropout = nn.Dropout(settings.dropout)

    def init_state(self, batch: int) -> None:
        """Nothing is remembered."""

    def forward(
        self, x: Tensor, lengths: Tensor, state: None = None, probe: Probe | None = None
    ) -> tuple[Tensor, Tensor, None]:
        """x [B, T, F], lengths [B] -> logits [B, T, C], the lengths, no state.

        Raises ValueError where the axes are not (batch, time, feature).
        """
        if x.ndim != 3 or x.shape[2] != self.inputs or lengths.shape != (len(x),):
            wanted = f"x must be (batch, time, feature) = (B, T, {self.inputs}) with lengths (B,)"
            raise ValueError(f"{wanted}; got x {tuple(x.shape)} and lengths {tuple(lengths.shape)}")
        h = self._seen(x, lengths)
        for number, layer in enumerate(self.layers, 1):
            h = torch.tanh(layer(h))
            if probe is not None:
                probe(Key("h", number), h)
            h = self.dropout(h)
        return self.head(h), lengths, None

    def _seen(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Each frame between its neighbours, [B, T, (2 context + 1) F]; beyond the ends lies nothing."""
        count = self.settings.context
        if not count:
            return x
        exists = torch.arange(x.shape[1], device=x.device)[None] < lengths[:, None]
        padded = nn.functional.pad(x * exists[..., None], (0, 0, count, count))
        return torch.cat([padded[:, k : k + x.shape[1]] for k in range(2 * count + 1)], -1)
