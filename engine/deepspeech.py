"""The torch module of the Deep Speech style network; its knobs are in engine/models/deepspeech.py.

(Hannun and others, Deep Speech, 2014; the forward LSTM in the place of their layer in both directions is that of
Mozilla's implementation, so that it streams.)
    h_1 .. h_3 = g(W h + b) of the frames around t,  h_4 = LSTM,  h_5 = g(W h_4 + b),  g(a) = min(max(0, a), 20)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.convolution import heard
from engine.inputs import checked
from engine.layer import Layer
from engine.models.deepspeech import Settings, lookahead
from engine.trace import Key

if TYPE_CHECKING:
    from engine.models.model import Probe

State = tuple[Tensor, Any]
"""Frames that are still needed [B, n, F], and the state of the LSTM."""


class DeepSpeech(nn.Module):
    """Frames with those around them -> three dense layers -> LSTM -> dense -> logits.

    With a state it `waits`: an answer comes when the frames after it have, and `finish` gives the last ones. A
    probe is told `dense` 1 to 3 and 5, and the states and gates of the LSTM.
    """

    stride = 1
    waits = True

    def __init__(self, settings: Settings, inputs: int, outputs: int) -> None:
        super().__init__()
        self.settings, self.inputs, self.around = settings, inputs, settings.context
        self.lookahead: int | None = lookahead(settings)
        hidden = settings.hidden
        widths = [inputs * (2 * self.around + 1), hidden, hidden]
        self.dense = nn.ModuleList(nn.Linear(each, hidden) for each in widths)
        self.layers: Any = nn.ModuleList([Layer("lstm", hidden, hidden, bidirectional=False)])
        self.last = nn.Linear(hidden, hidden)
        self.head = nn.Linear(hidden, outputs)
        self.dropout = nn.Dropout(settings.dropout)

    def init_state(self, batch: int) -> State:
        like = self.head.weight
        return like.new_zeros(batch, self.around, self.inputs), self.layers[0].forwards.init_state(batch)

    def forward(
        self, x: Tensor, lengths: Tensor, state: State | None = None, probe: Probe | None = None
    ) -> tuple[Tensor, Tensor, Any]:
        """x [B, T, F], lengths [B] -> logits [B, T, C], the lengths, the state after the last frame.

        With a state, all items are as long as the batch. Raises ValueError where the axes are not (batch, time,
        feature).
        """
        checked(x, lengths, self.inputs)
        h, steps, kept = self.entered(x, lengths, None if state is None else state[0], probe)
        h, last = self.layers[0](h, steps, None if state is None else state[1], probe, 1)
        y, steps, _ = self.read(h, steps, None, probe)
        return y, steps, (kept, last)

    def finish(self, state: State, probe: Probe | None = None) -> tuple[Tensor, Tensor]:
        """The answers that still waited for frames, when none comes any more."""
        silence = state[0].new_zeros(len(state[0]), self.around, self.inputs)
        y, steps, _ = self(silence, torch.full((len(silence),), self.around), state, probe)
        return y, steps

    def entered(
        self, x: Tensor, lengths: Tensor, past: Tensor | None = None, probe: Probe | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """What stands below the LSTM: what it reads [B, T, H], its lengths, the frames that are still needed."""
        ahead = self.around if past is None else 0
        whole = self.init_state(len(x))[0] if past is None else past
        whole = torch.cat([whole, functional.pad(heard(x, lengths), (0, 0, 0, ahead))], 1)
        count = max(0, whole.shape[1] - 2 * self.around)
        kept = whole[:, count:]
        size = 2 * self.around + 1
        h = whole.new_zeros(len(x), 0, size * self.inputs)
        if count:
            h = torch.cat([whole[:, k : k + count] for k in range(size)], -1)
        for number, layer in enumerate(self.dense, 1):
            h = self.clipped(layer(h))
            if probe is not None:
                probe(Key("dense", number), h)
        if probe is not None:
            probe(Key("input", 1), h)
        return h, lengths if past is None else torch.full_like(lengths, count), kept

    def read(
        self, h: Tensor, steps: Tensor, attended: None = None, probe: Probe | None = None
    ) -> tuple[Tensor, Tensor, None]:
        """What stands above the LSTM: h [B, T, H] -> logits, their lengths."""
        h = self.clipped(self.last(h))
        if probe is not None:
            probe(Key("dense", 5), h)
        return self.head(h), steps, None

    def clipped(self, a: Tensor) -> Tensor:
        out: Tensor = self.dropout(a.clamp(0.0, self.settings.clip))
        return out
