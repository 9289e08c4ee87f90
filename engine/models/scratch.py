"""Recurrent network from scratch: cells and output are the NumPy code of the lessons, forward and backward."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from engine.knob import Settings as Base
from engine.knob import knob

if TYPE_CHECKING:
    from engine.fromscratch import FromScratch


@dataclass(frozen=True)
class Settings(Base):
    cell: str = knob(
        "lstm",
        choices=("rnn", "lstm", "gru"),
        effect="rebuild",
        help="what a layer is made of: plain RNN, LSTM (input, forget, output gate) or GRU (reset, update gate)",
    )
    variant: str = knob(
        "torch",
        choices=("torch", "seed"),
        effect="rebuild",
        label="GRU",
        help="of a GRU: torch's resets after the matrix, has biases, and keeps the old where z = 1; the learning "
        "plan's (seed) resets before it, has none, and takes the new",
    )
    hidden: int = knob(
        32,
        1,
        1024,
        choices=(16, 32, 64, 128, 256),
        effect="rebuild",
        unit="units",
        help="units in each layer and direction: more remember more, cost more and need more data",
    )
    layers: int = knob(1, 1, 6, effect="rebuild", help="layers on top of each other, each reading the one below")
    bidirectional: bool = knob(
        False, effect="rebuild", help="a second pass from the end to the start: better offline, impossible live"
    )

    # What this network does without, as the recurrent one says it.
    stack: ClassVar[int] = 1
    residual: ClassVar[bool] = False
    attention: ClassVar[str] = "none"
    readout: ClassVar[str] = "frames"

    @property
    def kind(self) -> str:
        """The kind of cell as engine/scratch knows it: the two GRUs are two."""
        return "gru-seed" if (self.cell, self.variant) == ("gru", "seed") else self.cell


def lookahead(settings: Settings) -> int | None:
    """Input frames after t that the output for t depends on; None where it needs the end of the clip."""
    return None if settings.bidirectional else 0


def build(settings: Settings, inputs: int, outputs: int) -> FromScratch:
    from engine.fromscratch import FromScratch

    return FromScratch(settings, inputs, outputs)
