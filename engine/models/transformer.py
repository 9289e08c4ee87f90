"""Transformer: a convolution and a pooling, places told by sines, layers of attention over all of the sound."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine import netknobs
from engine.knob import Settings as Base
from engine.knob import knob
from engine.reach import Conv, Step

if TYPE_CHECKING:
    from engine.transformer import Transformer

WAITS = "each frame attends to all of the sound, the end of it too"
"""Why it cannot run live."""
STRIDE = 2
"""Input frames per output frame."""


@dataclass(frozen=True)
class Settings(Base):
    channels: int = netknobs.channels(128, "the convolution makes")
    hidden: int = netknobs.values(
        256, 1024, (64, 128, 256, 512), "frame from layer to layer, shared out among the heads"
    )
    heads: int = netknobs.heads("frame asks all others, in each layer")
    layers: int = knob(4, 1, 12, effect="rebuild", help="layers of attention on top of each other")
    wider: int = netknobs.wider((1, 2, 4, 8), "two dense parts of a layer")
    dropout: float = netknobs.dropout("what each part adds")

    def counted(self, inputs: int) -> tuple[Conv, ...]:
        """Its convolutions, for so many features a frame."""
        return (Conv("conv", (3, 3), 1, self.channels, inputs),)

    def convolutions(self) -> tuple[tuple[Step, Step], ...]:
        """The convolution's and the pooling's kernel and stride, over frames and over bands."""
        return (Step(3), Step(3)), (Step(2, 2), Step(2, 2))


def lookahead(settings: Settings) -> int | None:
    """None: attention is over all frames."""
    return None


def build(settings: Settings, inputs: int, outputs: int) -> Transformer:
    from engine.transformer import Transformer

    return Transformer(settings, inputs, outputs)
