"""Tempo: faster or slower at the same pitch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine import stretch
from engine.blocks import Pointwise, Whole
from engine.knob import Settings as Base
from engine.knob import knob

if TYPE_CHECKING:
    from engine.stages.stage import Format, Role

ROLE: Role = "source"
TWIN = ""  # live sound cannot be had before it happens, nor put off for ever


@dataclass(frozen=True)
class Settings(Base):
    tempo: float = knob(
        1.0,
        0.5,
        2.0,
        step=0.01,
        unit="x",
        help="At 1.1 the same words take 1 / 1.1 of the time, at the same pitch.",
    )


def build(settings: Settings, source: Format) -> Whole | Pointwise:
    if settings.tempo == 1.0:
        return Pointwise(source)
    return Whole(source, source, lambda whole: stretch.stretched(whole, source.rate, tempo=settings.tempo))


def clock(settings: Settings) -> tuple[float, float]:
    return 1.0 / settings.tempo, 0.0
