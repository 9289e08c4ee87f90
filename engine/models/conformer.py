"""Conformer: convolutions that quarter the frames, then blocks of dense parts, attention and convolution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine import netknobs
from engine.knob import Settings as Base
from engine.knob import knob
from engine.reach import QUARTERED, Conv, Step, quartered

if TYPE_CHECKING:
    from engine.conformer import Conformer

STEPS = "torch"
"""What steps it live."""
WAITS = "its attention is over all of the sound; give it a chunk"
"""Why it cannot run live without chunks."""
STRIDE = 4
"""Input frames per output frame."""


@dataclass(frozen=True)
class Settings(Base):
    channels: int = netknobs.channels()
    separable: bool = netknobs.separable()
    hidden: int = netknobs.values(
        144, 1024, (64, 144, 256, 512), "frame from block to block, shared out among the heads"
    )
    heads: int = netknobs.heads("frame asks others, in each block")
    layers: int = knob(4, 1, 16, effect="rebuild", help="blocks on top of each other")
    kernel: int = knob(
        15,
        choices=(3, 7, 15, 31),
        effect="rebuild",
        unit="steps",
        help="steps that a depthwise convolution sees",
    )
    wider: int = netknobs.wider((1, 2, 4), "dense parts of a block")
    norm: str = knob(
        "layer",
        choices=("layer", "batch"),
        effect="rebuild",
        help="what evens out a block's convolution: over the channels of a frame, or over all frames in training",
    )
    chunk: int = knob(
        0,
        choices=(0, 1, 4, 8, 16),
        effect="rebuild",
        unit="steps",
        help="steps that are heard and answered together, live too: 1 is causal, 0 takes all of the sound",
    )
    left: int = knob(
        4,
        choices=(1, 2, 4, 8),
        effect="rebuild",
        unit="chunks",
        help="earlier chunks that a step attends to",
    )
    dropout: float = netknobs.dropout("what each part adds")

    @property
    def ahead(self) -> int:
        """Steps after its own that attention sees at the most, where it has a window."""
        return max(0, self.chunk - 1)

    def counted(self, inputs: int) -> tuple[Conv, ...]:
        """Its convolutions, for so many features a frame."""
        h, times = self.hidden, self.layers
        return (
            *quartered(inputs, self.channels, separable=self.separable),
            Conv("block, in", (1, 1), h, 2 * h, times=times),
            Conv("block", (self.kernel, 1), h, h, depthwise=True, times=times),
            Conv("block, out", (1, 1), h, h, times=times),
        )

    def convolutions(self) -> tuple[tuple[Step, Step], ...]:
        """Each convolution's kernel and stride, over frames and over bands, before the blocks."""
        return QUARTERED


def lookahead(settings: Settings) -> int | None:
    """Input frames after t that the output for t depends on: the rest of its chunk; None without chunks."""
    return STRIDE * settings.chunk - 1 if settings.chunk else None


def build(settings: Settings, inputs: int, outputs: int) -> Conformer:
    from engine.conformer import Conformer

    return Conformer(settings, inputs, outputs)
