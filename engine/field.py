"""Receptive fields: how much each answer of a network depends on each moment of what it hears."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from engine import build

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

DECADES = 4
"""How far below the most a picture shows."""


def field(module: Any, x: NDArray[np.floating]) -> Array:
    """||d log p_t / d x_s|| [T, T] of the likeliest class of every answer t, by x [T, F]: an answer a frame."""
    import torch

    from engine.probes.gradient import doubled

    module = doubled(module)
    heard = torch.tensor(np.asarray(x, np.float64))[None].requires_grad_()
    with torch.enable_grad():
        y = module(heard, torch.tensor([len(x)]))[0][0].log_softmax(-1).max(-1).values
    rows = [torch.autograd.grad(each, heard, retain_graph=True)[0][0].norm(dim=1) for each in y]
    return np.asarray(torch.stack(rows).numpy())


def transformer(inputs: int, outputs: int, width: int = 32, heads: int = 4, layers: int = 2, seed: int = 0) -> Any:
    """A small transformer encoder with its weights as drawn, called as the networks are: x [1, T, F] -> [1, T, C].

    Each frame is projected, told its place by sines, and goes through layers of self-attention over all frames.
    """
    import torch
    from torch import nn

    class Transformer(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.enter, self.head = nn.Linear(inputs, width), nn.Linear(width, outputs)
            self.layers = nn.ModuleList(
                nn.TransformerEncoderLayer(width, heads, 2 * width, 0.0, batch_first=True, norm_first=True)
                for _ in range(layers)
            )

        def forward(self, x: Any, lengths: Any) -> tuple[Any, Any, None]:
            h = self.enter(x) + torch.from_numpy(places(x.shape[1], width)).to(x)
            for layer in self.layers:
                h = layer(h)
            return self.head(h), lengths, None

    with build.drawn(seed):
        return Transformer()


def places(count: int, width: int) -> Array:
    """sin(t / 10000^(2 k / D)) and cos of it, [count, width]: how a transformer is told which frame came first."""
    turns = np.arange(count)[:, None] / 10_000.0 ** (2 * np.arange(width // 2) / width)
    return np.concatenate([np.sin(turns), np.cos(turns)], 1)


def shades(found: Array) -> Array:
    """A field [T, T] as 0 to 1, row by row: 1 is the most of an answer, 0 is DECADES below it and less."""
    share = found / np.maximum(found.max(1, keepdims=True), 1e-300)
    return np.clip(1 + np.log10(np.maximum(share, 1e-300)) / DECADES, 0.0, 1.0)
