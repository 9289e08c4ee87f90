"""Mel spectrogram: power in bands as the ear spaces them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine import mel
from engine.stages.stage import Format

if TYPE_CHECKING:
    from engine.blocks import Spectral
    from engine.stages.stage import Role

ROLE: Role = "transform"
TWIN = ""
Settings = mel.MelSettings


def build(settings: mel.MelSettings, source: Format) -> Spectral:
    output = Format(source.rate, settings.n_mels, "mel", unit="power")
    return mel.build(settings, source, output, lambda power: power)
