"""Encoder and decoder: a GRU hears all of the sound, another then writes, and looks back at what it needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.knob import Settings as Base
from engine.knob import knob

if TYPE_CHECKING:
    from engine.seq2seq import Seq2Seq

WAITS = "it writes only when it has heard all of the sound"
"""Why it cannot run live."""


@dataclass(frozen=True)
class Settings(Base):
    hidden: int = knob(
        64,
        1,
        1024,
        choices=(32, 64, 128, 256),
        effect="rebuild",
        unit="units",
        help="units of the decoder, and of each layer and direction of the encoder",
    )
    layers: int = knob(
        1, 1, 3, effect="rebuild", help="layers of the encoder, which hear the sound in both directions"
    )

    # The encoder in the words of a recurrent network, none of which can be chosen: so all that looks at such a
    # network, and changes its states, knows what these layers are.
    cell, bidirectional, residual, stack = "gru", True, False, 1


def lookahead(settings: Settings) -> int | None:
    """None: what it writes first depends on the end of the sound too."""
    return None


def build(settings: Settings, inputs: int, outputs: int) -> Seq2Seq:
    from engine.seq2seq import Seq2Seq

    return Seq2Seq(settings, inputs, outputs)
