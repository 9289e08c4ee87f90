"""Zipformer, small: attention and convolution at ever lower frame rates and back, like a U-Net over time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine import netknobs
from engine.knob import Settings as Base
from engine.knob import knob
from engine.reach import Conv, Step

if TYPE_CHECKING:
    from engine.zipformer import Zipformer

WAITS = "each step attends to all of the sound, the end of it too"
"""Why it cannot run live."""
STRIDE = 4
"""Input frames per output frame."""


@dataclass(frozen=True)
class Settings(Base):
    channels: int = knob(
        32,
        4,
        128,
        choices=(16, 32, 64),
        effect="rebuild",
        help="pictures that the last of three convolutions makes",
    )
    hidden: int = netknobs.values(96, 512, (64, 96, 128, 256), "step from layer to layer")
    heads: int = netknobs.heads("step asks others, in each layer")
    depth: int = knob(
        2,
        0,
        3,
        effect="rebuild",
        help="how often the frame rate is halved on the way down, and doubled on the way up",
    )
    layers: int = knob(1, 1, 4, effect="rebuild", help="layers in each stack")
    kernel: int = knob(
        15,
        choices=(7, 15, 31),
        effect="rebuild",
        unit="steps",
        help="steps that a layer's depthwise convolutions see",
    )
    dropout: float = netknobs.dropout("what each part adds")

    @property
    def factors(self) -> tuple[int, ...]:
        """How many steps of the convolutions each stack joins."""
        down = [2**k for k in range(self.depth + 1)]
        return (*down, *down[-2::-1])

    def counted(self, inputs: int) -> tuple[Conv, ...]:
        """Its convolutions, for so many features a frame."""
        size, first = max(7, inputs), max(1, self.channels // 4)
        return (
            Conv("conv 1", (3, 3), 1, first, size),
            Conv("conv 2", (3, 3), first, self.channels, (size - 1) // 2),
            Conv("conv 3", (3, 3), self.channels, self.channels, ((size - 1) // 2 - 1) // 2),
            Conv(
                "layer",
                (self.kernel, 1),
                self.hidden,
                self.hidden,
                depthwise=True,
                times=2 * self.layers * len(self.factors),
            ),
        )

    def convolutions(self) -> tuple[tuple[Step, Step], ...]:
        """Each convolution's kernel and stride, over frames and over bands, before the stacks."""
        return (Step(3), Step(3)), (Step(3, 2), Step(3, 2)), (Step(3), Step(3, 2))


def lookahead(settings: Settings) -> int | None:
    """None: attention is over all steps."""
    return None


def build(settings: Settings, inputs: int, outputs: int) -> Zipformer:
    from engine.zipformer import Zipformer

    return Zipformer(settings, inputs, outputs)
