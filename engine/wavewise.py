"""Between frames of samples and the wave they are cut from, for networks that make waves of waves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn

if TYPE_CHECKING:
    from torch import Tensor


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
