"""Deep Speech style: dense layers that see some frames around each, a forward LSTM, a dense layer; clipped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from engine import netknobs
from engine.knob import Settings as Base
from engine.knob import knob

if TYPE_CHECKING:
    from engine.deepspeech import DeepSpeech

STEPS = "torch"
"""What steps it live."""


@dataclass(frozen=True)
class Settings(Base):
    hidden: int = netknobs.units(of="of each layer")
    context: int = knob(
        4,
        choices=(0, 2, 4, 9),
        effect="rebuild",
        unit="frames",
        help="frames before and after each that the dense layers see; it answers that much later",
    )
    clip: float = knob(
        20.0, 1.0, 100.0, effect="restart", help="the most that a dense unit says: min(max(0, x), clip)"
    )
    dropout: float = netknobs.dropout("each layer's output")

    # Its one recurrent layer in the words of a recurrent network.
    layers: ClassVar[int] = 1
    cell: ClassVar[str] = "lstm"
    bidirectional: ClassVar[bool] = False
    residual: ClassVar[bool] = False
    attention: ClassVar[str] = "none"
    readout: ClassVar[str] = "frames"

    def entering(self, inputs: int) -> int:
        """Values a step that the recurrent layer reads."""
        return self.hidden


def lookahead(settings: Settings) -> int | None:
    """Input frames after t that the output for t depends on."""
    return settings.context


def build(settings: Settings, inputs: int, outputs: int) -> DeepSpeech:
    from engine.deepspeech import DeepSpeech

    return DeepSpeech(settings, inputs, outputs)
