"""Pitch: higher or lower at the same tempo."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine import stretch
from engine.blocks import Pointwise, Whole
from engine.knob import Settings as Base
from engine.knob import knob

if TYPE_CHECKING:
    from engine.stages.stage import Format, Role

ROLE: Role = "sound"
TWIN = "pitch_running"


@dataclass(frozen=True)
class Settings(Base):
    semitones: float = knob(
        0.0, -12.0, 12.0, step=0.1, unit="semitones", help="12 semitones are an octave: twice the frequency."
    )


def build(settings: Settings, source: Format) -> Whole | Pointwise:
    if settings.semitones == 0.0:
        return Pointwise(source)
    return Whole(source, source, lambda whole: stretch.stretched(whole, source.rate, semitones=settings.semitones))
