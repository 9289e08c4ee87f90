"""Dense network: layers of plain neurons that judge every frame by itself, or with a few neighbours; no memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine import netknobs
from engine.knob import Settings as Base
from engine.knob import knob

if TYPE_CHECKING:
    from engine.dense import Dense


@dataclass(frozen=True)
class Settings(Base):
    hidden: int = netknobs.units(8192, "in each layer", "tell more patterns apart")
    layers: int = knob(2, 1, 6, effect="rebuild", help="layers on top of each other, each reading the one below")
    context: int = knob(
        0,
        0,
        20,
        effect="rebuild",
        unit="frames",
        help="frames before and after each that it sees too; with 0 it sees one frame alone",
    )
    dropout: float = netknobs.dropout("each layer's output", 0.0)


def lookahead(settings: Settings) -> int | None:
    """Input frames after t that the output for t depends on."""
    return settings.context


def build(settings: Settings, inputs: int, outputs: int) -> Dense:
    from engine.dense import Dense

    return Dense(settings, inputs, outputs)
