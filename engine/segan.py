"""The torch module of the generator of SEGAN; its knobs are in engine/models/segan.py.

An encoder of strided convolutions with PReLU and a decoder that mirrors it, from wave to wave; the decoder hears
the code, noise z beside it, and by skips every level of the encoder (Pascual, Bonafonte and Serrà, SEGAN, 2017).
Other than theirs: every convolution sees the past alone, and strides lie within a frame, so that it streams; they
divide by 4 instead of 2, in fewer levels. Its training against a discriminator is in engine/adversary.py.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from engine import wavewise
from engine.inputs import checked
from engine.trace import Key

if TYPE_CHECKING:
    from engine.models.model import Probe
    from engine.models.segan import Settings

State = tuple[Tensor, ...]
"""What each convolution still sees of what came before, [B, C, n]."""
STRIDE = 4


class Segan(nn.Module):
    """Frames of samples [B, T, S] -> wave, levels down, levels up -> as many waves as are asked for, in frames.

    A probe is told h, the code of each frame, and the mean sizes of each skip, by channel, averaged over a frame.
    """

    stride = 1

    def __init__(self, settings: Settings, inputs: int, outputs: int) -> None:
        super().__init__()
        self.settings, self.inputs = settings, inputs
        self.lookahead: int | None = 0
        strides, left = list[int](), inputs
        for _ in range(settings.levels):
            strides.append(STRIDE if left % STRIDE == 0 else 1)
            left //= strides[-1]
        count, self.head = wavewise.sources(inputs, outputs)
        widths = [settings.channels * 2**level for level in range(settings.levels)]
        steps = list(zip(pairwise([1, *widths]), strides, strict=True))
        self.down = nn.ModuleList(_Down(*shape, settings.kernel, stride) for shape, stride in steps)
        # What a level hears: of the one below as many channels, and as many by a skip, or of z.
        heard = [2 * width for width in widths[:-1]] + [widths[-1] * (2 if settings.noise else 1)]
        made = [count, *widths[:-1]]
        order = range(settings.levels - 1, -1, -1)
        self.up = nn.ModuleList(_Up(heard[n], made[n], settings.kernel, strides[n]) for n in order)
        self.bend = nn.ModuleList(nn.PReLU(made[n]) for n in order if n)

    def init_state(self, batch: int) -> State:
        """Silence before the first sample."""
        like = next(self.parameters())
        return tuple(like.new_zeros(batch, each.inputs, each.past) for each in (*self.down, *self.up))

    def forward(
        self, x: Tensor, lengths: Tensor, state: State | None = None, probe: Probe | None = None
    ) -> tuple[Tensor, Tensor, State]:
        """x [B, T, S], lengths [B] -> samples [B, T, K S], the lengths, the state after the last frame.

        Raises ValueError where the axes are not (batch, time, sample).
        """
        checked(x, lengths, self.inputs)
        before = list(self.init_state(len(x)) if state is None else state)
        h, after, skips = wavewise.wave(x), list[Tensor](), list[Tensor]()
        for each in self.down:
            h, past = each(h, before[len(after)])
            skips.append(h)
            after.append(past)
        if probe is not None:
            probe(Key("h", 1), wavewise.by_frame(h, x.shape[1]))
            for level, skip in enumerate(skips[:-1], 1):
                probe(Key("skip", level), wavewise.by_frame(skip.abs(), x.shape[1]))
        if self.settings.noise:
            h = torch.cat([h, torch.randn_like(h) if self.training else torch.zeros_like(h)], 1)
        for number, each in enumerate(self.up):
            if number:
                h = torch.cat([self.bend[number - 1](h), skips[-1 - number]], 1)
            h, past = each(h, before[len(after)])
            after.append(past)
        return self.head(wavewise.framed(torch.tanh(h), self.inputs)), lengths, tuple(after)


class _Down(wavewise.Past):
    """With PReLU."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int) -> None:
        super().__init__(inputs, outputs, kernel, stride)
        self.bend = nn.PReLU(outputs)

    def forward(self, x: Tensor, past: Tensor) -> tuple[Tensor, Tensor]:
        y, past = super().forward(x, past)
        return self.bend(y), past


class _Up(nn.Module):
    """A transposed convolution of x [B, C, n] -> [B, C', n stride]: what a sample adds begins at its own place."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int) -> None:
        super().__init__()
        self.inputs, self.past, self.stride = inputs, kernel // stride - 1, stride
        self.conv = nn.ConvTranspose1d(inputs, outputs, kernel, stride)

    def forward(self, x: Tensor, past: Tensor) -> tuple[Tensor, Tensor]:
        x = torch.cat([past, x], 2)
        y = self.conv(x)[:, :, self.past * self.stride : x.shape[2] * self.stride]
        return y, x[:, :, x.shape[2] - self.past :]
