"""Emformer: attention in segments, each of which sees a little ahead and a stretch of the past; made to stream."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine import netknobs
from engine.knob import Settings as Base
from engine.knob import knob
from engine.reach import QUARTERED, Conv, Step, quartered

if TYPE_CHECKING:
    from engine.emformer import Emformer

STEPS = "torch"
"""What steps it live."""
STRIDE = 4
"""Input frames per output frame."""


@dataclass(frozen=True)
class Settings(Base):
    channels: int = netknobs.channels()
    hidden: int = netknobs.values(
        128, 1024, (64, 128, 256, 512), "step from layer to layer, shared out among the heads"
    )
    heads: int = netknobs.heads("step asks others, in each layer")
    layers: int = knob(4, 1, 20, effect="rebuild", help="layers of attention on top of each other")
    wider: int = netknobs.wider((1, 2, 4), "dense parts of a layer")
    segment: int = knob(
        4, choices=(1, 2, 4, 8, 16), effect="rebuild", unit="steps", help="steps that are answered together"
    )
    right: int = knob(
        1, choices=(0, 1, 2, 4), effect="rebuild", unit="steps", help="steps after its segment that are heard too"
    )
    left: int = knob(
        16,
        choices=(4, 8, 16, 32),
        effect="rebuild",
        unit="steps",
        help="steps before its segment that it attends to",
    )
    dropout: float = netknobs.dropout("what each part adds")

    @property
    def ahead(self) -> int:
        """Steps after its own that attention sees at the most."""
        return self.segment - 1 + self.right

    def counted(self, inputs: int) -> tuple[Conv, ...]:
        """Its convolutions, for so many features a frame."""
        return quartered(inputs, self.channels)

    def convolutions(self) -> tuple[tuple[Step, Step], ...]:
        """Each convolution's kernel and stride, over frames and over bands."""
        return QUARTERED


def lookahead(settings: Settings) -> int | None:
    """Input frames after t that the output for t depends on: its segment and those to its right."""
    return STRIDE * (settings.segment + settings.right) - 1


def build(settings: Settings, inputs: int, outputs: int) -> Emformer:
    from engine.emformer import Emformer

    return Emformer(settings, inputs, outputs)
