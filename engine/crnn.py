"""The torch module of the CRNN; its knobs are in engine/models/crnn.py.

(Shi, Bai and Yao, An End-to-End Trainable Neural Network for Image-Based Sequence Recognition, 2017)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from engine.cells import SharedDropout
from engine.inputs import checked
from engine.layer import Layer
from engine.models.crnn import Settings, lookahead
from engine.subsampling import STRIDE, ConvSubsampling
from engine.trace import Key

if TYPE_CHECKING:
    from engine.models.model import Probe

State = tuple[tuple[Any, ...], tuple[Tensor, ...]]


class Crnn(nn.Module):
    """Frames -> two convolutions of stride 2 -> recurrent layers -> logits.

    A probe is told what the convolutions make, `conv` [B, T', C F'], beside the states and gates of every layer.
    """

    stride = STRIDE
    kept = "conv"
    """What its state holds beside that of the layers."""

    def __init__(self, settings: Settings, inputs: int, outputs: int) -> None:
        super().__init__()
        self.settings, self.inputs = settings, inputs
        self.lookahead = lookahead(settings)
        self.front = ConvSubsampling(
            inputs, settings.channels, "same", settings.frames, settings.bands, settings.separable
        )
        width = settings.hidden * (2 if settings.bidirectional else 1)
        widths = [self.front.width, *[width] * (settings.layers - 1)]
        self.layers: Any = nn.ModuleList(
            Layer(settings.cell, each, settings.hidden, settings.bidirectional)  # type: ignore[arg-type]
            for each in widths
        )
        self.dropout = SharedDropout(settings.dropout)
        self.head = nn.Linear(width, outputs)

    def init_state(self, batch: int) -> State:
        return tuple(layer.forwards.init_state(batch) for layer in self.layers), self.front.init_state(batch)

    def forward(
        self, x: Tensor, lengths: Tensor, state: State | None = None, probe: Probe | None = None
    ) -> tuple[Tensor, Tensor, Any]:
        """x [B, T, F], lengths [B] -> logits [B, ceil(T / 4), C], their lengths, the state after the last frame.

        A stretch that is carried on with its state must be a multiple of 4 long, but for the last.
        Raises ValueError where the axes are not (batch, time, feature).
        """
        checked(x, lengths, self.inputs)
        before, past = self.init_state(len(x)) if state is None else state
        h, steps, past = self.entered(x, lengths, past, probe)
        after = list[Any]()
        for number, (layer, each) in enumerate(zip(self.layers, before, strict=True), 1):
            h, last = layer(self.dropout(h), steps, each, probe, number)
            after.append(last)
        y, steps, _ = self.read(h, steps)
        return y, steps, (tuple(after), past)

    def entered(
        self, x: Tensor, lengths: Tensor, past: Any = None, probe: Probe | None = None
    ) -> tuple[Tensor, Tensor, Any]:
        """What stands below the layers: what the first of them reads [B, T', N], its lengths, the state."""
        h, steps, past = self.front(x, lengths, past, probe)
        if probe is not None:
            probe(Key("input", 1), h)
        return h, steps, past

    def read(
        self, h: Tensor, steps: Tensor, attended: None = None, probe: Probe | None = None
    ) -> tuple[Tensor, Tensor, None]:
        """What stands above the layers: h [B, T', H] -> logits, their lengths."""
        return self.head(self.dropout(h)), steps, None

    def pace(self, key: Key | None = None) -> tuple[float, float]:
        """Input frames per value of a series, and where the first lies: in the middle of what it sees."""
        return self.front.pace(key.layer if key is not None and key.name == "conv" else 2)
