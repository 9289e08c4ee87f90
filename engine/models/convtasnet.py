"""Conv-TasNet: learnt filters instead of a spectrum, a mask for each voice by a stack of dilated convolutions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.knob import Settings as Base
from engine.knob import knob

if TYPE_CHECKING:
    from engine.convtasnet import ConvTasNet

WAITS = "it weighs all of the sound at once"
"""Why it cannot run live."""


@dataclass(frozen=True)
class Settings(Base):
    filters: int = knob(
        128,
        choices=(32, 64, 128, 256, 512),
        effect="rebuild",
        help="learnt filters in the place of an STFT",
    )
    hidden: int = knob(
        64,
        1,
        512,
        choices=(32, 64, 128),
        effect="rebuild",
        unit="channels",
        help="channels between the convolutions; within each there are twice as many",
    )
    layers: int = knob(
        6, 1, 8, effect="rebuild", help="convolutions in a stack; each sees twice as far as the one before"
    )
    stacks: int = knob(2, 1, 4, effect="rebuild", help="how often the stack is repeated")


def lookahead(settings: Settings) -> int | None:
    """None: each layer weighs its values by their mean over all of the sound."""
    return None


def build(settings: Settings, inputs: int, outputs: int) -> ConvTasNet:
    from engine.convtasnet import ConvTasNet

    return ConvTasNet(settings, inputs, outputs)
