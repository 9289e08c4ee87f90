"""The torch module of the Deep Speech 2 style network; its knobs are in engine/models/deepspeech2.py.

(Amodei and others, Deep Speech 2, 2016: convolutions, then recurrent layers in both directions, CTC. Residual
blocks with layer norm and GELU stand in the place of the paper's convolutions with batch norm and clipped ReLU.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch import Tensor, nn
from torch.nn import functional

from engine.convolution import ResBlock, existing, heard
from engine.inputs import checked
from engine.layer import Layer
from engine.models.deepspeech2 import STRIDE, Settings
from engine.trace import Key

if TYPE_CHECKING:
    from engine.models.model import Probe


class DeepSpeech2(nn.Module):
    """Frames -> convolution of stride 2 -> residual blocks -> dense -> (norm, GELU, GRU) x n -> logits.

    A probe is told `conv` of every block [B, T', C F'], `input`, what each layer reads, and its states and gates.
    """

    stride = STRIDE
    lookahead: int | None = None

    def __init__(self, settings: Settings, inputs: int, outputs: int) -> None:
        super().__init__()
        self.settings, self.inputs = settings, inputs
        channels, bands, hidden = settings.channels, (inputs + 1) // 2, settings.hidden
        self.first = nn.Conv2d(1, channels, 3, 2, 1)
        self.blocks: Any = nn.ModuleList(
            ResBlock(channels, channels, bands, plain=not settings.skips) for _ in range(settings.blocks)
        )
        self.dense = nn.Linear(channels * bands, hidden)
        widths = [hidden, *[2 * hidden] * (settings.layers - 1)]
        self.norms = nn.ModuleList(nn.LayerNorm(each) for each in widths)
        self.layers: Any = nn.ModuleList(Layer("gru", each, hidden, bidirectional=True) for each in widths)
        self.dropout = nn.Dropout(settings.dropout)
        self.last = nn.Linear(2 * hidden, hidden)
        self.head = nn.Linear(hidden, outputs)

    def init_state(self, batch: int) -> None:
        """Nothing is carried over: it runs backwards too."""

    def forward(
        self, x: Tensor, lengths: Tensor, state: None = None, probe: Probe | None = None
    ) -> tuple[Tensor, Tensor, None]:
        """x [B, T, F], lengths [B] -> logits [B, ceil(T / 2), C], their lengths, no state.

        Raises ValueError where the axes are not (batch, time, feature).
        """
        checked(x, lengths, self.inputs)
        h, steps, _ = self.entered(x, lengths, None, probe)
        for number, layer in enumerate(self.layers, 1):
            h = self.enter(number, x, h, [])
            if probe is not None:
                probe(Key("input", number), h)
            h, _ = layer(h, steps, None, probe, number)
        return self.read(h, steps)

    def entered(
        self, x: Tensor, lengths: Tensor, past: None = None, probe: Probe | None = None
    ) -> tuple[Tensor, Tensor, None]:
        """What stands below the layers: frames [B, T, F] -> [B, T', H] and its lengths."""
        steps = (lengths + 1) // 2
        h = self.first(existing(x[:, None], lengths))
        for number, block in enumerate(self.blocks, 1):
            h, steps = block(h, steps)
            if probe is not None:
                probe(Key("conv", number), h.transpose(1, 2).flatten(2))
        return heard(self.dense(h.transpose(1, 2).flatten(2)), steps), steps, None

    def enter(self, number: int, x: Tensor, h: Tensor, tops: list[Tensor]) -> Tensor:
        """What a layer reads of what the one below has made."""
        out: Tensor = self.dropout(functional.gelu(self.norms[number - 1](h)))
        return out

    def read(
        self, h: Tensor, steps: Tensor, attended: None = None, probe: Probe | None = None
    ) -> tuple[Tensor, Tensor, None]:
        """What stands above the layers: h [B, T', 2 H] -> logits, their lengths."""
        return self.head(self.dropout(functional.gelu(self.last(h)))), steps, None

    def pace(self, key: Key | None = None) -> tuple[float, float]:
        """Two input frames a value; the first convolution's first answer has frame 0 in its middle."""
        return STRIDE, 0.0
