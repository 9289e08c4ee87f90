"""Between frames of samples and the wave they are cut from, for networks that make waves of waves."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def wave(frames: Tensor) -> Tensor:
    """Frames [B, T, S] that follow each other -> the wave [B, 1, T S]."""
    return frames.reshape(len(frames), 1, -1)


def framed(waves: Tensor, size: int) -> Tensor:
    """Waves [B, K, T S] -> frames [B, T, K S]: those of the first wave, then of the next."""
    batch, count, samples = waves.shape
    return waves.reshape(batch, count, samples // size, size).transpose(1, 2).reshape(batch, -1, count * size)


def sources(inputs: int, outputs: int) -> tuple[int, nn.Module]:
    """How many waves a network makes that is asked for `outputs` values of `inputs` samples, and what follows.

    Where the outputs are no waves, one is made, and a matrix of its frames.
    """
    if outputs % inputs == 0:
        return outputs // inputs, nn.Identity()
    return 1, nn.Linear(inputs, outputs)


def by_frame(h: Tensor, frames: int) -> Tensor:
    """h [B, C, n] -> its means over each frame [B, T, C]."""
    return h.reshape(*h.shape[:2], frames, -1).mean(-1).transpose(1, 2)


class Past(nn.Module):
    """A convolution over so many samples, the newest last, of x [B, C, n] -> [B, C', n / stride].

    Takes and gives the samples [B, C, past] before x that it still sees.
    """

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int) -> None:
        super().__init__()
        self.inputs, self.past = inputs, kernel - stride
        self.conv = nn.Conv1d(inputs, outputs, kernel, stride)

    def forward(self, x: Tensor, past: Tensor) -> tuple[Tensor, Tensor]:
        x = torch.cat([past, x], 2)
        return self.conv(x), x[:, :, x.shape[2] - self.past :]
