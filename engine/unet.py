"""The torch module of the U-Net; its knobs are in engine/models/unet.py.

The time axis keeps its pace at every level, so that it streams; only frequencies are halved.
(Ronneberger and others, U-Net, 2015; Jansson and others, Singing Voice Separation with Deep U-Net, 2017)
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.inputs import checked
from engine.trace import Key

if TYPE_CHECKING:
    from engine.models.model import Probe
    from engine.models.unet import Settings

State = tuple[Tensor, ...]
"""What each convolution over time still sees of the frames before, [B, C, frames - 1, F]."""
_BANDS = 3  # frequencies that a convolution sees


class UNet(nn.Module):
    """Frames [B, T, F] as a picture -> levels down, levels up -> logits, one a frequency.

    A probe is told h of the lowest level [B, T, C F'], and of each skip the mean size at its frequencies.
    """

    stride = 1

    def __init__(self, settings: Settings, inputs: int, outputs: int) -> None:
        super().__init__()
        self.settings, self.inputs = settings, inputs
        self.lookahead: int | None = 0
        widths = [1, *(settings.channels * 2 ** min(level, 2) for level in range(settings.levels))]
        self.down = nn.ModuleList(_Past(a, b, settings.frames, 2) for a, b in pairwise(widths))
        widths[0] = settings.channels
        self.up = nn.ModuleList(
            nn.ConvTranspose2d(b, a, (1, _BANDS), (1, 2)) for a, b in reversed([*pairwise(widths)])
        )
        skips = [*widths[-2:0:-1], 1]
        self.join = nn.ModuleList(
            _Past(each + skip, each, settings.frames, 1) for each, skip in zip(widths[-2::-1], skips, strict=True)
        )
        self.last = nn.Conv2d(settings.channels, 1, 1)
        # As many outputs as frequencies: each is its own. Others are sums of all.
        self.head: nn.Module = nn.Identity() if outputs == inputs else nn.Linear(inputs, outputs)

    def init_state(self, batch: int) -> State:
        """Silence before the first frame."""
        sizes, like = [self.inputs], self.last.weight
        for _ in self.down:
            sizes.append((sizes[-1] + 1) // 2)
        places: list[tuple[Any, int]] = [
            *zip(self.down, sizes, strict=False),
            *zip(self.join, sizes[-2::-1], strict=True),
        ]
        return tuple(like.new_zeros(batch, each.inputs, self.settings.frames - 1, size) for each, size in places)

    def forward(
        self, x: Tensor, lengths: Tensor, state: State | None = None, probe: Probe | None = None
    ) -> tuple[Tensor, Tensor, State]:
        """x [B, T, F], lengths [B] -> logits [B, T, C], the lengths, the state after the last frame.

        Raises ValueError where the axes are not (batch, time, feature).
        """
        checked(x, lengths, self.inputs)
        before = list(self.init_state(len(x)) if state is None else state)
        h, after = x[:, None], list[Tensor]()
        skips = [h]
        for each in self.down:
            h, past = each(h, before[len(after)])
            skips.append(h)
            after.append(past)
        if probe is not None:
            probe(Key("h", 1), h.transpose(1, 2).flatten(2))
            for level, skip in enumerate(skips[1:-1], 1):
                probe(Key("skip", level), skip.abs().mean(1))
        for up, join, skip in zip(self.up, self.join, skips[-2::-1], strict=True):
            h = functional.elu(up(h))[..., 1 : 1 + skip.shape[-1]]
            h, past = join(torch.cat([h, skip], 1), before[len(after)])
            after.append(past)
        return self.head(self.last(h)[:, 0]), lengths, tuple(after)


class _Past(nn.Module):
    """A convolution over frequencies and over so many frames, the newest last, of x [B, C, T, F]; then an ELU."""

    def __init__(self, inputs: int, outputs: int, frames: int, stride: int) -> None:
        super().__init__()
        self.inputs, self.frames = inputs, frames
        self.conv = nn.Conv2d(inputs, outputs, (frames, _BANDS), (1, stride), (0, _BANDS // 2))

    def forward(self, x: Tensor, past: Tensor) -> tuple[Tensor, Tensor]:
        x = torch.cat([past, x], 2)
        return functional.elu(self.conv(x)), x[:, :, x.shape[2] - self.frames + 1 :]
