"""The torch module of the AINS network; its knobs are in engine/models/ains.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from engine import pooling
from engine.inputs import checked
from engine.layer import Layer
from engine.models.ains import Settings, lookahead
from engine.trace import Key

if TYPE_CHECKING:
    from engine.cells import State as CellState
    from engine.models.model import Probe

State = tuple[tuple["CellState | None", ...], pooling.State | None]


class Ains(nn.Module):
    """Frames -> noise stream f1, speech stream f2 -> pooling z -> mask net -> logits of the mask.

    A probe is told f1 and f2 [B, T, N] and z, named `fusion`, beside the states and gates of every layer: those
    of the noise stream are layers 1 to depth, those of the speech stream the others.
    """

    stride = 1

    def __init__(self, settings: Settings, inputs: int, outputs: int) -> None:
        super().__init__()
        self.settings, self.inputs = settings, inputs
        self.lookahead = lookahead(settings)
        upper = [settings.width] * (settings.depth - 1)
        widths = [inputs, *upper, settings.width if settings.stacked else inputs, *upper]
        self.layers: Any = nn.ModuleList(
            Layer("lstm", each, settings.hidden, settings.bidirectional) for each in widths
        )
        self.out = nn.Linear(settings.hidden, outputs)
        # The pooling is drawn last, so that another one leaves all other weights of this seed as they are.
        size, kind = settings.width, settings.fusion
        joined = {"full": settings.hidden, "compact": settings.sketch, "lowrank": settings.rank}.get(kind, size)
        self.net = nn.Linear(joined, settings.hidden)
        self.fusion: Any = _pooling(settings)

    def init_state(self, batch: int) -> State:
        attended = self.fusion.init_state(batch) if self.settings.fusion == "attention" else None
        return tuple(layer.forwards.init_state(batch) for layer in self.layers), attended

    def forward(
        self, x: Tensor, lengths: Tensor, state: State | None = None, probe: Probe | None = None
    ) -> tuple[Tensor, Tensor, Any]:
        """x [B, T, F], lengths [B] -> logits [B, T, C], the lengths, the state after the last frame.

        Raises ValueError where the axes are not (batch, time, feature).
        """
        checked(x, lengths, self.inputs)
        before, attended = self.init_state(len(x)) if state is None else state
        h, after, tops = x, list[Any](), list[Tensor]()
        for number, (layer, each) in enumerate(zip(self.layers, before, strict=True), 1):
            h, last = layer(self.enter(number, x, h, tops), lengths, each, probe, number)
            after.append(last)
        y, steps, attended = self.read(torch.cat([*tops, h], -1), lengths, attended, probe)
        return y, steps, (tuple(after), attended)

    def enter(self, number: int, x: Tensor, h: Tensor, tops: list[Tensor]) -> Tensor:
        """What a layer reads: what the one below has made, or where the second stream begins, the input x.

        What the first stream has made is then put into `tops`.
        """
        if number != self.settings.depth + 1:
            return h
        tops.append(h)
        return h if self.settings.stacked else x

    def read(
        self, h: Tensor, steps: Tensor, attended: pooling.State | None = None, probe: Probe | None = None
    ) -> tuple[Tensor, Tensor, pooling.State | None]:
        """What stands above the layers: f1 and f2, side by side in h [B, T, 2 N] -> logits, lengths, state."""
        f1, f2 = h.chunk(2, -1)
        weights = None
        if self.settings.fusion == "attention":
            z, weights, attended = self.fusion(f1, f2, steps, attended)
        else:
            z = self.fusion(f1, f2)
        if probe is not None:
            for name, value in {"f1": f1, "f2": f2, "fusion": z, "attention": weights}.items():
                if value is not None:
                    probe(Key(name), value)
        return self.out(torch.relu(self.net(z))), steps, attended


def _pooling(settings: Settings) -> nn.Module:
    size = settings.width
    if settings.fusion == "attention":
        future = 0 if settings.causal else settings.window // 2
        return pooling.Attention(size, settings.window - 1 - future, future)
    if settings.fusion == "full":
        return pooling.Full(size, settings.hidden)
    if settings.fusion == "compact":
        return pooling.Compact(size, settings.sketch)
    return pooling.LowRank(size, settings.rank) if settings.fusion == "lowrank" else pooling.Sum(size)
