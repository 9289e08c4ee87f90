"""SEGAN: samples to samples, coded by strided convolutions and decoded again, with skips and noise z; causal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.knob import Settings as Base
from engine.knob import knob

if TYPE_CHECKING:
    from engine.segan import Segan


@dataclass(frozen=True)
class Settings(Base):
    channels: int = knob(
        16,
        1,
        64,
        choices=(8, 16, 32),
        effect="rebuild",
        help="channels of the first level; the next have twice as many each",
    )
    levels: int = knob(4, 1, 6, effect="rebuild", help="convolutions; each quarters the rate if a frame allows it")
    kernel: int = knob(
        16, choices=(8, 16, 32), effect="rebuild", unit="samples", help="samples that a convolution sees"
    )
    noise: bool = knob(
        True, effect="rebuild", help="beside the code stands noise z while it learns, and zeros when it is used"
    )


def lookahead(settings: Settings) -> int | None:
    """None of the frames after t: every convolution sees the past alone."""
    return 0


def build(settings: Settings, inputs: int, outputs: int) -> Segan:
    from engine.segan import Segan

    return Segan(settings, inputs, outputs)
