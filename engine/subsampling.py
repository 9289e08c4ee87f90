"""Convolution subsampling: two convolutions of stride 2 over frames and bands, a quarter of the frames comes out.

valid: only what lies within the sound, T frames -> ((T - 1)//2 - 1)//2; output u sees frames 4 u to 4 u + 6.
same: silence before the sound, and after it where a step is not full, T frames -> ceil(T / 4); with kernel k each
    convolution sees the two frames of its step and k - 2 before them, so that it streams.
(Gulati and others, Conformer, 2020)
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.convolution import existing
from engine.reach import Step, after, span
from engine.trace import Key

if TYPE_CHECKING:
    from engine.models.model import Probe

State = tuple[Tensor, ...]
"""What each convolution still sees of the frames before, [B, C, k - 2, F]."""
STRIDE = 4


class ConvSubsampling(nn.Module):
    """Frames [B, T, F] -> [B, T', C F'], F' = ((F - 1)//2 - 1)//2 for kernels of 3 bands. A probe is told `conv`.

    `separable`: the second one works on each channel by itself, and a 1 x 1 convolution mixes them.
    """

    def __init__(
        self,
        inputs: int,
        channels: int,
        padding: str = "same",
        frames: int = 3,
        bands: int = 3,
        separable: bool = False,
    ) -> None:
        super().__init__()
        if padding not in ("same", "valid"):
            raise ValueError(f"padding is same or valid, not {padding!r}")
        self.padding, self.frames, self.channels = padding, frames, channels
        self.sizes, self._fill = after(inputs, bands)
        second: Any = nn.Conv2d(channels, channels, (frames, bands), 2, groups=channels if separable else 1)
        if separable:
            second = nn.Sequential(OrderedDict(depthwise=second, pointwise=nn.Conv2d(channels, channels, 1)))
        self.convs: Any = nn.ModuleList([nn.Conv2d(1, channels, (frames, bands), 2), second])
        self.width = channels * self.sizes[-1]

    def init_state(self, batch: int) -> State:
        """Silence before the first frame; nothing where no frame is seen twice."""
        past, like = self.frames - 2, self.convs[0].weight
        return (
            like.new_zeros(batch, 1, past, self.sizes[0]),
            like.new_zeros(batch, self.channels, past, self.sizes[1]),
        )

    def lengths(self, lengths: Tensor) -> Tensor:
        """Frames that come out of so many."""
        for _ in self.convs:
            lengths = self._halved(lengths)
        return lengths

    def _halved(self, lengths: Tensor) -> Tensor:
        if self.padding == "same":
            return (lengths + 1) // 2
        return ((lengths - self.frames) // 2 + 1).clamp(min=0)

    def forward(
        self, x: Tensor, lengths: Tensor, state: State | None = None, probe: Probe | None = None
    ) -> tuple[Tensor, Tensor, State]:
        """x [B, T, F], lengths [B] -> h [B, T', C F'], their lengths, what the next frames still see of these.

        With a state, T is a multiple of 4 but for the last stretch.
        """
        before = self.init_state(len(x)) if state is None else state
        h, state_after = functional.pad(x[:, None], (0, self._fill)), list[Tensor]()
        if self.padding == "same":
            h = functional.pad(existing(h, lengths), (0, 0, 0, -x.shape[1] % STRIDE))
        elif x.shape[1] < (least := span([Step(self.frames, 2)] * 2)[0]):
            h = functional.pad(h, (0, 0, 0, least - x.shape[1]))
        for number, (conv, past) in enumerate(zip(self.convs, before, strict=True), 1):
            if self.padding == "same":
                h = torch.cat([past, h], 2)
                state_after.append(h[:, :, h.shape[2] - past.shape[2] :])
            h, lengths = functional.relu(conv(h)), self._halved(lengths)
            if probe is not None:
                probe(Key("conv", number), h.transpose(1, 2).flatten(2)[:, : int(lengths.max())])
        h = h.transpose(1, 2).flatten(2)
        if self.padding == "valid":
            h = h[:, : int(lengths.max()) if len(lengths) else 0]
        return h, lengths, tuple(state_after)

    def pace(self, layer: int) -> tuple[int, float]:
        """Input frames per frame that convolution `layer` makes, and the middle of what its first one sees."""
        seen, stride = span([Step(self.frames, 2)] * layer)
        last = stride - 1 if self.padding == "same" else seen - 1  # the newest frame that the first one sees
        return stride, last - (seen - 1) / 2
