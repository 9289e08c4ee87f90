"""The torch module of the Wave-U-Net; its knobs are in engine/models/waveunet.py.

Every convolution sees the past alone, and rates are halved within a frame, so that it streams frame by frame.
(Stoller, Ewert and Dixon, Wave-U-Net, 2018)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine import wavewise
from engine.inputs import checked
from engine.trace import Key

if TYPE_CHECKING:
    from engine.models.model import Probe
    from engine.models.waveunet import Settings

State = tuple[Tensor, ...]
"""What each convolution still sees of the samples before, [B, C, n]."""


class WaveUNet(nn.Module):
    """Frames of samples [B, T, S] -> wave, levels down, levels up -> as many waves as are asked for, in frames.

    It halves the rate at most as often as the samples of a frame can be halved. A probe is told h of the lowest
    level and the mean sizes of each skip, by channel, averaged over a frame.
    """

    stride = 1

    def __init__(self, settings: Settings, inputs: int, outputs: int) -> None:
        super().__init__()
        self.settings, self.inputs = settings, inputs
        self.lookahead: int | None = 0
        levels = next(n for n in range(settings.levels, -1, -1) if inputs % 2**n == 0)
        widths = [settings.channels * (level + 1) for level in range(levels + 1)]
        self.first = _Past(1, widths[0], settings.kernel, 1)
        self.down = nn.ModuleList(_Past(widths[n], widths[n + 1], settings.kernel, 2) for n in range(levels))
        order = range(levels - 1, -1, -1)
        self.up = nn.ModuleList(nn.ConvTranspose1d(widths[n + 1], widths[n], 2, 2) for n in order)
        self.join = nn.ModuleList(_Past(2 * widths[n], widths[n], settings.kernel // 2, 1) for n in order)
        count, self.head = wavewise.sources(inputs, outputs)
        self.last = nn.Conv1d(widths[0] + 1, count, 1)

    def init_state(self, batch: int) -> State:
        """Silence before the first sample."""
        return tuple(
            self.last.weight.new_zeros(batch, each.inputs, each.past)
            for each in (self.first, *self.down, *self.join)
        )

    def forward(
        self, x: Tensor, lengths: Tensor, state: State | None = None, probe: Probe | None = None
    ) -> tuple[Tensor, Tensor, State]:
        """x [B, T, S], lengths [B] -> samples [B, T, K S], the lengths, the state after the last frame.

        Raises ValueError where the axes are not (batch, time, sample).
        """
        checked(x, lengths, self.inputs)
        before = list(self.init_state(len(x)) if state is None else state)
        wave, after, skips = wavewise.wave(x), list[Tensor](), list[Tensor]()
        h = wave
        for each in (self.first, *self.down):
            h, past = each(h, before[len(after)])
            skips.append(h)
            after.append(past)
        if probe is not None:
            probe(Key("h", 1), wavewise.by_frame(h, x.shape[1]))
            for level, skip in enumerate(skips[:-1], 1):
                probe(Key("skip", level), wavewise.by_frame(skip.abs(), x.shape[1]))
        for up, join, skip in zip(self.up, self.join, skips[-2::-1], strict=True):
            h, past = join(torch.cat([functional.leaky_relu(up(h), 0.1), skip], 1), before[len(after)])
            after.append(past)
        y = self.last(torch.cat([h, wave], 1))
        return self.head(wavewise.framed(y, self.inputs)), lengths, tuple(after)


class _Past(wavewise.Past):
    """With a leaky ReLU."""

    def forward(self, x: Tensor, past: Tensor) -> tuple[Tensor, Tensor]:
        y, past = super().forward(x, past)
        return functional.leaky_relu(y, 0.1), past
