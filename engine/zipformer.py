"""The torch module of the small Zipformer; its knobs are in engine/models/zipformer.py.

(Yao and others, Zipformer, 2024.) Attention shares are taken once a layer and used three times. What the paper has
for very deep training is left out: balancers, whitening, dropping of layers, another width for each stack; places
are told by a learnt number for each distance instead of by its projected positions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.attention import HIDDEN
from engine.convolution import existing, heard
from engine.inputs import checked
from engine.models.zipformer import STRIDE, Settings
from engine.selfattention import tell
from engine.trace import Key

if TYPE_CHECKING:
    from engine.models.model import Probe

REACH = 64
"""Steps of distance that are told apart."""
_LEAST = 7


class Zipformer(nn.Module):
    """Frames -> three convolutions, (T - 7)//2 steps -> stacks at 1, 1/2, 1/4, .. of their rate -> half the steps.

    A probe is told `conv` 1 to 3 of the convolutions and from 4 on of the layers, the shares of each head, and h
    of each layer, at the rate of its stack.
    """

    stride = STRIDE
    lookahead: int | None = None

    def __init__(self, settings: Settings, inputs: int, outputs: int) -> None:
        super().__init__()
        self.settings, self.inputs = settings, inputs
        width, self._fill = settings.hidden, max(0, _LEAST - inputs)
        bands = ((inputs + self._fill - 1) // 2 - 1) // 2
        widths = (1, max(1, settings.channels // 4), settings.channels, settings.channels)
        shapes: tuple[tuple[Any, Any], ...] = ((1, (0, 1)), (2, 0), ((1, 2), 0))
        self.convs: Any = nn.ModuleList(
            nn.Conv2d(widths[k], widths[k + 1], 3, stride, padding) for k, (stride, padding) in enumerate(shapes)
        )
        self.dense, self.norm = nn.Linear(settings.channels * bands, width), _BiasNorm(width)
        self.stacks: Any = nn.ModuleList(_Stack(settings, factor) for factor in settings.factors)
        self.down = _Down(2)
        self.head = nn.Linear(width, outputs)

    def init_state(self, batch: int) -> None:
        """Nothing is carried over: it hears all of the sound at once."""

    def forward(
        self, x: Tensor, lengths: Tensor, state: None = None, probe: Probe | None = None
    ) -> tuple[Tensor, Tensor, None]:
        """x [B, T, F], lengths [B] -> logits [B, ceil(((T - 7)//2) / 2), C], their lengths, no state.

        Raises ValueError where the axes are not (batch, time, feature).
        """
        checked(x, lengths, self.inputs)
        steps = ((lengths - _LEAST) // 2).clamp(min=0)
        h = functional.pad(existing(x[:, None], lengths), (0, self._fill, 0, max(0, 9 - x.shape[1])))
        for number, conv in enumerate(self.convs, 1):
            h = swoosh_r(conv(h))
            if probe is not None:
                probe(Key("conv", number), h.transpose(1, 2).flatten(2))
        h = h.transpose(1, 2).flatten(2)[:, : max(0, (x.shape[1] - _LEAST) // 2)]
        h, number = heard(self.norm(self.dense(h)), steps), 0
        if h.shape[1]:
            for stack in self.stacks:
                h, number = stack(h, steps, probe, number)
            h, steps = self.down(h, steps)
        return self.head(h), steps, None

    def pace(self, key: Key | None = None) -> tuple[float, float]:
        """Input frames per value of a series, and where the first lies: in the middle of what it is made of."""
        if key is not None and key.name == "conv" and key.layer <= 3:
            return ((1, 1.0), (2, 2.0), (2, 4.0))[key.layer - 1]
        factor = 2
        if key is not None and key.layer:
            number = key.layer - (3 if key.name == "conv" else 0)
            factor = self.settings.factors[(number - 1) // self.settings.layers]
        return 2 * factor, 4.0 + factor - 1


class _Stack(nn.Module):
    """Layers at 1 / `factor` of the rate; what they make goes back to the rate before, beside what came in."""

    def __init__(self, settings: Settings, factor: int) -> None:
        super().__init__()
        self.factor = factor
        self.down = _Down(factor) if factor > 1 else None
        self.layers: Any = nn.ModuleList(_Layer(settings) for _ in range(settings.layers))
        self.bypass = _Bypass(settings.hidden)

    def forward(self, x: Tensor, lengths: Tensor, probe: Probe | None, number: int) -> tuple[Tensor, int]:
        h, steps = (x, lengths) if self.down is None else self.down(x, lengths)
        for layer in self.layers:
            number += 1
            h = layer(h, steps, probe, number)
        if self.factor > 1:
            h = h.repeat_interleave(self.factor, 1)[:, : x.shape[1]]
        return heard(self.bypass(x, h), lengths), number


class _Layer(nn.Module):
    def __init__(self, settings: Settings) -> None:
        super().__init__()
        width, drop = settings.hidden, settings.dropout
        self.shares = _Shares(width, settings.heads)
        self.dense = nn.ModuleList(_Dense(width, factor * width // 4, drop) for factor in (9, 12, 15))
        self.gated = _Gated(width, drop)
        self.attends = nn.ModuleList(_Attend(width, settings.heads, drop) for _ in range(2))
        self.convs = nn.ModuleList(_Convolution(width, settings.kernel, drop) for _ in range(2))
        self.middle, self.bypass, self.norm = _Bypass(width), _Bypass(width), _BiasNorm(width)

    def forward(self, x: Tensor, lengths: Tensor, probe: Probe | None, number: int) -> Tensor:
        shares = self.shares(x, lengths)
        h = x + self.dense[0](x)
        h = h + self.gated(h, shares[:, 0])
        h = h + self.attends[0](h, shares)
        h = h + self.convs[0](h, lengths)
        h = self.middle(x, h + self.dense[1](h))
        h = h + self.attends[1](h, shares)
        made = self.convs[1](h, lengths)
        h = h + made
        h = self.norm(h + self.dense[2](h))
        y = heard(self.bypass(x, h), lengths)
        if probe is not None:
            tell(probe, number, shares)
            probe(Key("conv", 3 + number), made)
            probe(Key("h", number), y)
        return y


class _Shares(nn.Module):
    """softmax of Q K / sqrt(D) + a number for the distance [B, heads, T, T]; nobody looks at padding."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads, self.size = heads, max(4, width // (2 * heads))
        self.asks = nn.Linear(width, 2 * heads * self.size)
        self.distance = nn.Parameter(torch.zeros(heads, 2 * REACH + 1))

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        query, key = self.asks(x).unflatten(2, (2 * self.heads, -1)).transpose(1, 2).chunk(2, 1)
        at = torch.arange(x.shape[1], device=x.device)
        apart = (at[None] - at[:, None]).clamp(-REACH, REACH) + REACH
        scores = query @ key.transpose(2, 3) / self.size**0.5 + self.distance[:, apart]
        hidden = (at[None] >= lengths.clamp(min=1)[:, None])[:, None, None]
        return scores.masked_fill(hidden, HIDDEN).softmax(-1)


class _Attend(nn.Module):
    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads, inner = heads, heads * max(4, width // (2 * heads))
        self.value, self.out, self.dropout = nn.Linear(width, inner), nn.Linear(inner, width), nn.Dropout(dropout)

    def forward(self, x: Tensor, shares: Tensor) -> Tensor:
        heads = shares @ self.value(x).unflatten(2, (self.heads, -1)).transpose(1, 2)
        y: Tensor = self.dropout(self.out(heads.transpose(1, 2).flatten(2)))
        return y


class _Gated(nn.Module):
    """Non-linear attention: the shares of the first head on values that a tanh gates, times others."""

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.inside = nn.Linear(width, 3 * (3 * width // 4))
        self.out, self.dropout = nn.Linear(3 * width // 4, width), nn.Dropout(dropout)

    def forward(self, x: Tensor, shares: Tensor) -> Tensor:
        gate, value, factor = self.inside(x).chunk(3, -1)
        y: Tensor = self.dropout(self.out((shares @ (value * gate.tanh())) * factor))
        return y


class _Dense(nn.Sequential):
    def __init__(self, width: int, inner: int, dropout: float) -> None:
        super().__init__(nn.Linear(width, inner), _SwooshL(), nn.Dropout(dropout), nn.Linear(inner, width))


class _Convolution(nn.Module):
    """Pointwise with a gate, depthwise over so many steps, SwooshR, pointwise."""

    def __init__(self, width: int, kernel: int, dropout: float) -> None:
        super().__init__()
        self.inside, self.out = nn.Linear(width, 2 * width), nn.Linear(width, width)
        self.depthwise = nn.Conv1d(width, width, kernel, padding=kernel // 2, groups=width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        h = heard(functional.glu(self.inside(x)), lengths)
        h = swoosh_r(self.depthwise(h.transpose(1, 2)).transpose(1, 2))
        y: Tensor = self.dropout(self.out(h))
        return y


class _Down(nn.Module):
    """`factor` neighbours become one by learnt shares; [B, T, D] -> [B, ceil(T / factor), D]."""

    def __init__(self, factor: int) -> None:
        super().__init__()
        self.factor, self.shares = factor, nn.Parameter(torch.zeros(factor))

    def forward(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        there = torch.arange(x.shape[1], device=x.device)[None] < lengths[:, None]
        fill = -x.shape[1] % self.factor
        h = functional.pad(x, (0, 0, 0, fill)).unflatten(1, (-1, self.factor))
        exists = functional.pad(there, (0, fill)).unflatten(1, (-1, self.factor))
        shares = self.shares.softmax(0) * exists.to(x.dtype)
        shares = shares / shares.sum(-1, keepdim=True).clamp(min=1e-6)
        return (h * shares[..., None]).sum(2), (lengths + self.factor - 1) // self.factor


class _Bypass(nn.Module):
    """(1 - c) x + c y with a learnt c of each value, from 0 to 1."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.share = nn.Parameter(torch.full((width,), 0.5))

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return x + (y - x) * self.share.clamp(0.0, 1.0)


class _BiasNorm(nn.Module):
    """x / rms(x - b) * exp(g): it keeps something of how large x is."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.bias, self.gain = nn.Parameter(torch.zeros(width)), nn.Parameter(torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        size = (x - self.bias).square().mean(-1, keepdim=True).clamp(min=1e-8).sqrt()
        return x / size * self.gain.exp()


class _SwooshL(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return functional.softplus(x - 4.0) - 0.08 * x - 0.035


def swoosh_r(x: Tensor) -> Tensor:
    """log(1 + e^(x - 1)) - 0.08 x - 0.3133: 0 at 0, and it lets a little of what is negative through."""
    return functional.softplus(x - 1.0) - 0.08 * x - 0.313261687
