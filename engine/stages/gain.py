"""Gain: louder or softer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.blocks import Pointwise
from engine.knob import Settings as Base
from engine.knob import knob

if TYPE_CHECKING:
    from engine.stages.stage import Format, Role

ROLE: Role = "sound"
TWIN = ""


@dataclass(frozen=True)
class Settings(Base):
    gain: float = knob(
        0.0, -40.0, 40.0, step=0.5, unit="dB", help="Gain before everything else; 6 dB doubles the amplitude."
    )


def build(settings: Settings, source: Format) -> Pointwise:
    factor = np.float32(10.0 ** (settings.gain / 20.0))
    return Pointwise(source, None if settings.gain == 0 else lambda block: block * factor)


def linear(settings: Settings) -> bool:
    return True
