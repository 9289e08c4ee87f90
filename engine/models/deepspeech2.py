"""Deep Speech 2 style: a residual CNN hears the sound, bidirectional GRUs read what it makes; for CTC."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from engine import netknobs
from engine.knob import Settings as Base
from engine.knob import knob
from engine.reach import Conv, Step

if TYPE_CHECKING:
    from engine.deepspeech2 import DeepSpeech2

STRIDE = 2
"""Input frames per output frame."""


@dataclass(frozen=True)
class Settings(Base):
    channels: int = netknobs.channels(128)
    blocks: int = knob(3, 1, 10, effect="rebuild", help="residual blocks of two convolutions each")
    skips: bool = knob(
        True,
        effect="rebuild",
        help="each block adds to what it hears; off: a plain stack, which learns worse if deep",
    )
    hidden: int = netknobs.units(1024)
    layers: int = knob(
        3, 1, 7, effect="rebuild", help="GRU layers on top of each other, each with a layer norm below"
    )
    dropout: float = netknobs.dropout("each layer's input")

    # Its layers in the words of a recurrent network, none of which can be chosen.
    cell: ClassVar[str] = "gru"
    bidirectional: ClassVar[bool] = True
    residual: ClassVar[bool] = False
    attention: ClassVar[str] = "none"
    readout: ClassVar[str] = "frames"

    def entering(self, inputs: int) -> int:
        """Values a step that the first recurrent layer reads."""
        return self.hidden

    def counted(self, inputs: int) -> tuple[Conv, ...]:
        """Its convolutions, for so many features a frame."""
        bands, each = (inputs + 1) // 2, self.channels
        first, more = Conv("first", (3, 3), 1, each, bands), Conv("block", (3, 3), each, each, bands)
        return first, replace(more, times=2 * self.blocks)

    def convolutions(self) -> tuple[tuple[Step, Step], ...]:
        """Each convolution's kernel and stride, over frames and over bands."""
        first, more = Step(3, 2), Step(3, 1)
        return (first, first), *((more, more),) * (2 * self.blocks)


def lookahead(settings: Settings) -> int | None:
    """None: it runs backwards too."""
    return None


def build(settings: Settings, inputs: int, outputs: int) -> DeepSpeech2:
    from engine.deepspeech2 import DeepSpeech2

    return DeepSpeech2(settings, inputs, outputs)
