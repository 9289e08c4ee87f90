"""torchaudio's Emformer behind two convolutions; its knobs are in engine/models/emformer.py.

(Shi and others, Emformer: Efficient Memory Transformer, 2021; without its memory bank)
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.convolution import heard
from engine.device import torchaudio
from engine.inputs import checked
from engine.models.emformer import STRIDE, Settings, lookahead
from engine.selfattention import around, tell
from engine.subsampling import ConvSubsampling
from engine.trace import Key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.models.model import Probe

State = tuple[tuple[Tensor, ...], Tensor, tuple[tuple[Tensor, ...], ...]]
"""Of the convolutions; steps that wait for those after them [B, n, D]; what each layer keeps."""


class Emformer(nn.Module):
    """Frames -> two convolutions of stride 2 -> dense -> segments of attention -> logits.

    With a state it `waits`: a segment is answered when it and the steps to its right are there, and `finish` gives
    the rest. A probe is told `conv` 1 and 2, and of each layer the attention of each head and h.
    """

    stride = STRIDE
    waits = True

    def __init__(self, settings: Settings, inputs: int, outputs: int) -> None:
        super().__init__()
        self.settings, self.inputs = settings, inputs
        self.lookahead: int | None = lookahead(settings)
        self.front = ConvSubsampling(inputs, settings.channels)
        self.dense = nn.Linear(self.front.width, settings.hidden)
        models: Any = torchaudio().models
        self.net: Any = models.Emformer(
            settings.hidden,
            settings.heads,
            settings.wider * settings.hidden,
            settings.layers,
            settings.segment,
            dropout=settings.dropout,
            activation="gelu",
            left_context_length=settings.left,
            right_context_length=settings.right,
        )
        self.head = nn.Linear(settings.hidden, outputs)

    def init_state(self, batch: int) -> State:
        like = self.head.weight
        kept = tuple(tuple(each._init_state(batch, like.device)) for each in self.net.emformer_layers)
        return self.front.init_state(batch), like.new_zeros(batch, 0, self.settings.hidden), kept

    def forward(
        self, x: Tensor, lengths: Tensor, state: State | None = None, probe: Probe | None = None
    ) -> tuple[Tensor, Tensor, Any]:
        """x [B, T, F], lengths [B] -> logits [B, ceil(T / 4), C], their lengths; with a state, of what is sure.

        With a state, T is a multiple of 4 but for the last stretch, and all items are as long as the batch. Raises
        ValueError where the axes are not (batch, time, feature).
        """
        checked(x, lengths, self.inputs)
        h, steps, front = self.front(x, lengths, None if state is None else state[0], probe)
        h = heard(self.dense(h), steps)
        if state is None:
            return self.head(self._whole(h, probe)), steps, None
        h, waiting, kept = self._segments(torch.cat([state[1], h], 1), state[2], probe)
        return self.head(h), torch.full_like(lengths, h.shape[1]), (front, waiting, kept)

    def finish(self, state: State, probe: Probe | None = None) -> tuple[Tensor, Tensor]:
        """The answers to the steps that still wait, when none comes any more."""
        _, waiting, kept = state
        count = waiting.shape[1]
        h, _, _ = self._segments(self._filled(waiting), kept, None if probe is None else _first(probe, count))
        return self.head(h[:, :count]), torch.full((len(h),), count)

    def _filled(self, h: Tensor) -> Tensor:
        """Whole segments, and silence to the right of the last."""
        segment, right = self.settings.segment, self.settings.right
        return functional.pad(h, (0, 0, 0, -h.shape[1] % segment + right))

    def _whole(self, h: Tensor, probe: Probe | None) -> Tensor:
        count = h.shape[1]
        if not count:
            return h
        filled = self._filled(h)
        lengths = torch.full((len(h),), filled.shape[1] - self.settings.right, device=h.device)
        if probe is None:
            return self.net(filled, lengths)[0][:, :count]
        seen = dict[int, tuple[Tensor, Tensor]]()
        with ExitStack() as stack:
            for number, layer in enumerate(self.net.emformer_layers, 1):
                stack.enter_context(_watched(layer, number, seen))
            y: Tensor = self.net(filled, lengths)[0][:, :count]
        for number, (h, shares) in seen.items():
            self._tell(_first(probe, count), number, h, self._placed(shares), 0)
        return y

    def _segments(
        self, h: Tensor, kept: tuple[tuple[Tensor, ...], ...], probe: Probe | None
    ) -> tuple[Tensor, Tensor, tuple[tuple[Tensor, ...], ...]]:
        """As many segments as there are, by the layers' own `infer`; what waits; what the layers keep."""
        segment, right = self.settings.segment, self.settings.right
        done, told = [h[:, :0]], dict[int, list[tuple[Tensor, Tensor]]]()
        while h.shape[1] >= segment + right:
            y, ahead = h[:, :segment].transpose(0, 1), h[:, segment : segment + right].transpose(0, 1)
            after, none = list[tuple[Tensor, ...]](), torch.empty(0, dtype=h.dtype, device=h.device)
            lengths = torch.full((h.shape[0],), segment, device=h.device)
            for number, layer in enumerate(self.net.emformer_layers, 1):
                seen = dict[int, tuple[Tensor, Tensor]]()
                with _watched(layer, number, seen):
                    y, ahead, state, none = layer.infer(y, lengths, ahead, [*kept[number - 1]], none)
                after.append(tuple(state))
                told.setdefault(number, []).append((y.transpose(0, 1), self._carried(seen[number][1])))
            done.append(y.transpose(0, 1))
            h, kept = h[:, segment:], tuple(after)
        if probe is not None:
            for number, parts in told.items():
                hs, shares = (
                    torch.cat(each, dim) for each, dim in zip(zip(*parts, strict=True), (1, 2), strict=True)
                )
                self._tell(probe, number, hs, shares, None)
        return torch.cat(done, 1), h, kept

    def _tell(self, probe: Probe, number: int, h: Tensor, shares: Tensor, before: int | None) -> None:
        if before is not None:
            shares = around(shares, before, self.settings.left + self.settings.segment - 1, self.settings.ahead)
        tell(probe, number, shares, windowed=True)
        probe(Key("h", number), h)

    def _split(self, shares: Tensor) -> Tensor:
        """[B heads, T, S] -> [B, heads, T, S]."""
        return shares.unflatten(0, (-1, self.settings.heads))

    def _placed(self, shares: Tensor) -> Tensor:
        """Shares of a whole sound [B heads, R + T, R + T], copies of the right first -> [.., T, T + r]."""
        segment, right = self.settings.segment, self.settings.right
        count = shares.shape[1]
        segments = count // (segment + right)
        copies = segments * right
        out = functional.pad(self._split(shares)[:, :, copies:, copies:], (0, right))
        for each in range(segments if right else 0):
            rows = slice(each * segment, (each + 1) * segment)
            there = slice((each + 1) * segment, (each + 1) * segment + right)
            mine = self._split(shares)[:, :, copies:, each * right : (each + 1) * right]
            out[:, :, rows, there] += mine[:, :, rows]
        return out

    def _carried(self, shares: Tensor) -> Tensor:
        """Shares of one segment [B heads, r + S, r + L + S], of L steps before it -> around each of its steps."""
        segment, right, left = self.settings.segment, self.settings.right, self.settings.left
        mine = self._split(shares)[:, :, right:]
        in_order = torch.cat([mine[..., right:], mine[..., :right]], 3)
        in_order = functional.pad(in_order, (left + segment + right - in_order.shape[3], 0))
        # Rows of a segment, of which the first has `left` steps before it.
        return around(in_order, left, left + segment - 1, self.settings.ahead)

    def pace(self, key: Key | None = None) -> tuple[float, float]:
        """Input frames per value of a series, and where the first lies: in the middle of what it sees."""
        return self.front.pace(key.layer if key is not None and key.name == "conv" else 2)


@contextmanager
def _watched(layer: Any, number: int, seen: dict[int, tuple[Tensor, Tensor]]) -> Iterator[None]:
    """Note what a layer makes [B, T, D] and its shares [B heads, ..]; torchaudio gives neither away."""
    attention, probabilities = layer.attention, list[Tensor]()

    def noted(*arguments: Any) -> Tensor:
        probabilities.append(type(attention)._gen_attention_probs(attention, *arguments))
        return probabilities[-1]

    def made(_: Any, __: Any, out: Any) -> None:
        seen[number] = out[0].transpose(0, 1), probabilities[-1]

    hook = layer.register_forward_hook(made)
    attention._gen_attention_probs = noted
    try:
        yield
    finally:
        del attention._gen_attention_probs
        hook.remove()
    if number not in seen and probabilities:
        seen[number] = probabilities[-1], probabilities[-1]


def _first(probe: Probe, count: int) -> Probe:
    """A probe that is told of the first `count` steps alone: what comes after is silence that fills a segment."""
    return lambda key, value: probe(key, value[:, :count])
