"""CRNN: convolutions that quarter the frames, and a stack of recurrent layers on what they make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from engine.knob import Settings as Base
from engine.knob import knob
from engine.reach import Conv, Step, after, quartered

if TYPE_CHECKING:
    from engine.crnn import Crnn

STEPS = "torch"
"""What steps it live."""
STRIDE = 4


@dataclass(frozen=True)
class Settings(Base):
    channels: int = knob(
        32,
        1,
        256,
        choices=(8, 16, 32, 64),
        effect="rebuild",
        help="pictures that each convolution makes",
    )
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
    separable: bool = knob(
        False,
        effect="rebuild",
        help="the second convolution works on each channel by itself, and a 1 x 1 one mixes them: fewer weights",
    )
    cell: str = knob(
        "lstm",
        choices=("rnn", "lstm", "gru"),
        effect="rebuild",
        help="what a layer is made of: plain RNN, LSTM (input, forget, output gate) or GRU (reset, update gate)",
    )
    hidden: int = knob(
        128,
        1,
        2048,
        choices=(32, 64, 128, 256, 512),
        effect="rebuild",
        unit="units",
        help="units in each layer and direction: more remember more, cost more and need more data",
    )
    layers: int = knob(2, 1, 6, effect="rebuild", help="recurrent layers on top of each other")
    bidirectional: bool = knob(
        False, effect="rebuild", help="a second pass from the end to the start: better offline, impossible live"
    )
    dropout: float = knob(
        0.0, 0.0, 0.9, step=0.05, effect="restart", help="share of each layer's input that is zeroed in training"
    )

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


def stride(settings: Settings) -> int:
    """Input frames per output frame."""
    return STRIDE


def lookahead(settings: Settings) -> int | None:
    """Input frames after t that the output for t depends on; None where it needs the end of the clip."""
    return None if settings.bidirectional else STRIDE - 1


def build(settings: Settings, inputs: int, outputs: int) -> Crnn:
    from engine.crnn import Crnn

    return Crnn(settings, inputs, outputs)
