"""Transformer: a convolution and a pooling, places told by sines, layers of attention over all of the sound."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.knob import Settings as Base
from engine.knob import knob
from engine.reach import Conv, Step

if TYPE_CHECKING:
    from engine.transformer import Transformer

WAITS = "each frame attends to all of the sound, the end of it too"
"""Why it cannot run live."""
STRIDE = 2


@dataclass(frozen=True)
class Settings(Base):
    channels: int = knob(
        32,
        1,
        128,
        choices=(8, 16, 32, 64),
        effect="rebuild",
        help="pictures that the convolution makes",
    )
    hidden: int = knob(
        256,
        8,
        1024,
        choices=(64, 128, 256, 512),
        effect="rebuild",
        unit="units",
        help="values of a frame from layer to layer, shared out among the heads",
    )
    heads: int = knob(
        4, choices=(1, 2, 4, 8), effect="rebuild", help="questions that each frame asks all others, in each layer"
    )
    layers: int = knob(4, 1, 12, effect="rebuild", help="layers of attention on top of each other")
    wider: int = knob(
        4,
        choices=(1, 2, 4, 8),
        effect="rebuild",
        help="how many times as wide the two dense parts of a layer are inside",
    )
    dropout: float = knob(
        0.1, 0.0, 0.9, step=0.05, effect="restart", help="share of what each part adds that is zeroed in training"
    )

    def counted(self, inputs: int) -> tuple[Conv, ...]:
        """Its convolutions, for so many features a frame."""
        return (Conv("conv", (3, 3), 1, self.channels, inputs),)

    def convolutions(self) -> tuple[tuple[Step, Step], ...]:
        """The convolution's and the pooling's kernel and stride, over frames and over bands."""
        return (Step(3), Step(3)), (Step(2, 2), Step(2, 2))


def stride(settings: Settings) -> int:
    """Input frames per output frame."""
    return STRIDE


def lookahead(settings: Settings) -> int | None:
    """None: attention is over all frames."""
    return None


def build(settings: Settings, inputs: int, outputs: int) -> Transformer:
    from engine.transformer import Transformer

    return Transformer(settings, inputs, outputs)
