"""Listening: a log-mel front end as a torch module, so that an exported network can take sound as it is.

    frames of win samples, one every hop  ->  window, |DFT|^2, mel bank, logarithm, fixed mean and deviation

What it makes of sound [1, (T - 1) hop + win] is what engine/stages/logmel.py and normalise.py make of it, frame by
frame. The first frame of a sound lies in its middle: `left` samples of silence come before.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from engine import catalog, dsp, mel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.stages.stage import Link


def trouble(links: Sequence[Link]) -> str:
    """Why a front end cannot be part of a file, in words; empty where it can."""
    stages = [link.stage for link in links]
    if stages not in (["logmel"], ["logmel", "normalise"]):
        return (
            f"its front end is {', '.join(stages) or 'nothing'}, and only logmel and normalise can be in the file"
        )
    settings: Any = links[0].settings
    if settings.log == "dB" and settings.top_db:
        return "its range in dB lies below the loudest cell of the whole clip"
    if len(links) > 1 and links[1].settings.over != "global":  # type: ignore[attr-defined]
        return "it is normalised over the whole clip"
    return ""


class Listening(nn.Module):
    """Sound [B, n] -> frames [B, T, F]. `links` have no `trouble`."""

    shape: Tensor
    bank: Tensor
    mean: Tensor
    scale: Tensor

    def __init__(self, links: Sequence[Link], rate: float) -> None:
        super().__init__()
        settings: Any = links[0].settings
        self.win, self.hop = int(settings.win), int(settings.hop)
        self.size = mel.fft_size(settings.n_fft, settings.win)
        self.log, self.floor = settings.log, float(settings.floor)
        self.ref = float(10.0 * np.log10(max(settings.ref, settings.floor)))
        # The transform is as long as its window: that of the front end, with nothing behind it.
        shape = np.pad(dsp.window(settings.window, self.win), (0, self.size - self.win))
        mean, scale = np.zeros(settings.n_mels, np.float32), np.ones(settings.n_mels, np.float32)
        if len(links) > 1:
            mean, scale = catalog.load("stages", "normalise").fixed(links[1].settings, settings.n_mels)
        values = {"shape": shape, "bank": mel.bank(settings, rate), "mean": mean, "scale": scale}
        for name, value in values.items():
            self.register_buffer(name, torch.from_numpy(np.asarray(value, np.float32).copy()))

    @property
    def left(self) -> int:
        """Samples of silence before a sound, so that its first frame lies in the middle of its window."""
        return self.win // 2

    def forward(self, sound: Tensor) -> Tensor:
        padded = nn.functional.pad(sound, (0, self.size - self.win))
        parts = torch.stft(padded, self.size, self.hop, window=self.shape, center=False, return_complex=False)
        power = parts.square().sum(-1).transpose(1, 2) @ self.bank
        if self.log == "ln":
            level = (power + self.floor).log()
        else:
            level = power.clamp(min=self.floor).log() * (10.0 / math.log(10.0)) - self.ref
        frames: Tensor = (level - self.mean) * self.scale
        return frames
