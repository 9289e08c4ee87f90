"""Speed: faster and higher, or slower and lower, as a tape does it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import soxr

from engine.blocks import Pointwise, Whole
from engine.knob import Settings as Base
from engine.knob import knob

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.stages.stage import Format, Role

ROLE: Role = "source"
TWIN = ""  # live sound cannot be had before it happens, nor put off for ever


@dataclass(frozen=True)
class Settings(Base):
    speed: float = knob(
        1.0,
        0.5,
        2.0,
        step=0.01,
        unit="x",
        help="Speed of the tape: at 1.1 it lasts 1 / 1.1 as long, 1.1 times higher.",
    )


def build(settings: Settings, source: Format) -> Whole | Pointwise:
    if settings.speed == 1.0:
        return Pointwise(source)

    def played(whole: NDArray[np.float32]) -> NDArray[np.float32]:
        n = max(1, round(len(whole) / settings.speed))
        found = soxr.resample(whole, source.rate * settings.speed, source.rate, quality="HQ")[:n]
        return np.pad(found, ((0, n - len(found)), (0, 0)))

    return Whole(source, source, played)


def clock(settings: Settings) -> tuple[float, float]:
    return 1.0 / settings.speed, 0.0
