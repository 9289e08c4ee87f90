"""CRNN: convolutions that quarter the frames, and a stack of recurrent layers on what they make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from engine import netknobs
from engine.knob import Settings as Base
from engine.knob import knob
from engine.reach import Conv, Step, after, quartered

if TYPE_CHECKING:
    from engine.crnn import Crnn

STEPS = "torch"
"""What steps it live."""
STRIDE = 4
"""Input frames per output frame."""


@dataclass(frozen=True)
class Settings(Base):
    channels: int = netknobs.channels()
    frames: int = knob(
        3,
        choices=(3, 5, 7),
        effect="rebuild",
        unit="frames",
        help="frames that a convolution sees: both together see 1 + 3 (k - 1)",
    )
    bands: int = knob(
        3,
        choices=(3, 5, 7),
        effect="rebuild",
        unit="bands",
        help="frequency bands that a convolution sees: both together see 1 + 3 (k - 1)",
    )
    separable: bool = netknobs.separable()
    cell: str = netknobs.cell()
    hidden: int = netknobs.units()
    layers: int = knob(2, 1, 6, effect="rebuild", help="recurrent layers on top of each other")
    bidirectional: bool = netknobs.bidirectional()
    dropout: float = netknobs.dropout("each layer's input", 0.0)

    # What this network does without, as the recurrent one says it.
    residual: ClassVar[bool] = False
    attention: ClassVar[str] = "none"
    readout: ClassVar[str] = "frames"

    def entering(self, inputs: int) -> int:
        """Values a step that the first recurrent layer reads."""
        return self.channels * after(inputs, self.bands)[0][-1]

    def counted(self, inputs: int) -> tuple[Conv, ...]:
        """Its convolutions, for so many features a frame."""
        return quartered(inputs, self.channels, self.frames, self.bands, self.separable)

    def convolutions(self) -> tuple[tuple[Step, Step], ...]:
        """Each convolution's kernel and stride, over frames and over bands."""
        return ((Step(self.frames, 2), Step(self.bands, 2)),) * 2


def lookahead(settings: Settings) -> int | None:
    """Input frames after t that the output for t depends on; None where it needs the end of the clip."""
    return None if settings.bidirectional else STRIDE - 1


def build(settings: Settings, inputs: int, outputs: int) -> Crnn:
    from engine.crnn import Crnn

    return Crnn(settings, inputs, outputs)
