"""Dense network: layers of plain neurons that judge every frame by itself, or with a few neighbours; no memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.knob import Settings as Base
from engine.knob import knob

if TYPE_CHECKING:
    from engine.dense import Dense


@dataclass(frozen=True)
class Settings(Base):
    hidden: int = knob(
        128,
        1,
        8192,
        choices=(32, 64, 128, 256, 512),
        effect="rebuild",
        unit="units",
        help="units in each layer: more tell more patterns apart, cost more and need more data",
    )
    layers: int = knob(2, 1, 6, effect="rebuild", help="layers on top of each other, each reading the one below")
    context: int = knob(
        0,
        0,
        20,
        effect="rebuild",
        unit="frames",
        help="frames before and after each that it sees too; with 0 it sees one frame alone",
    )
    dropout: float = knob(
        0.0, 0.0, 0.9, step=0.05, effect="restart", help="share of each layer's output that is zeroed in training"
    )


def lookahead(settings: Settings) -> int | None:
    """Input frames after t that the output for t depends on."""
    return settings.context


def build(settings: Settings, inputs: int, outputs: int) -> Dense:
    from engine.dense import Dense

    return Dense(settings, inputs, outputs)
