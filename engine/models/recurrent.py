"""Recurrent network: a stack of RNN, LSTM or GRU layers, in one or both directions, with attention if wanted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine import netknobs
from engine.knob import Settings as Base
from engine.knob import knob

if TYPE_CHECKING:
    from engine.recurrent import Recurrent

WARNING = "Above 0.7 little is left to learn from."
DROPOUT = "0.1 to 0.5 is usual; above 0.7 little is left to learn from"


@dataclass(frozen=True)
class Settings(Base):
    cell: str = netknobs.cell()
    hidden: int = netknobs.units()
    layers: int = knob(2, 1, 6, effect="rebuild", help="layers on top of each other, each reading the one below")
    bidirectional: bool = netknobs.bidirectional()
    residual: bool = knob(
        False, effect="rebuild", help="add each layer's input to its output: deep stacks learn more easily"
    )
    attention: str = knob(
        "none",
        choices=("none", "pooling", "self", "additive", "multihead"),
        effect="rebuild",
        help="weigh the frames of a window: pooling asks one learnt question, the others each frame's own, by a "
        "product (self), a sum (additive), or several products beside each other (multihead)",
    )
    heads: int = knob(
        4, choices=(1, 2, 4, 8), effect="rebuild", help="questions that multihead attention asks at each frame"
    )
    heads_off: tuple[int, ...] = knob((), hidden=True, effect="restart", help="heads that are silenced, from 1 on")
    window: int = knob(
        32, choices=(8, 16, 32, 64, 128), effect="rebuild", unit="frames", help="how many frames attention sees"
    )
    readout: str = knob(
        "frames",
        choices=("frames", "last", "mean", "attention"),
        effect="rebuild",
        help="an output for every frame, or one a clip: from the last frame, the mean, or attention over time",
    )
    stack: int = knob(
        1,
        1,
        4,
        effect="rebuild",
        unit="frames",
        help="input frames that are joined into one step: fewer, wider steps",
    )
    input_dropout: float = knob(
        0.0,
        0.0,
        0.9,
        step=0.05,
        effect="restart",
        warn_above=0.7,
        warning=WARNING,
        help=f"share of each layer's input that is zeroed in training; {DROPOUT}",
    )
    recurrent_dropout: float = knob(
        0.0,
        0.0,
        0.9,
        step=0.05,
        effect="restart",
        warn_above=0.7,
        warning=WARNING,
        help=f"share of the last state hidden from the gates in training, which takes much longer; {DROPOUT}",
    )
    output_dropout: float = knob(
        0.0,
        0.0,
        0.9,
        step=0.05,
        effect="restart",
        warn_above=0.7,
        warning=WARNING,
        help=f"share of the last layer's output that is zeroed in training; {DROPOUT}",
    )
    same_mask: bool = knob(
        True,
        effect="restart",
        help="input and output dropout keep one mask for the whole clip (variational) instead of one a frame",
    )


def heads(settings: Settings) -> tuple[str, ...]:
    """What a probe calls the weights of each head of the attention over a window."""
    if settings.attention == "none":
        return ()
    if settings.attention != "multihead":
        return ("attention",)
    return tuple(f"attention.head{head}" for head in range(1, settings.heads + 1))


def lookahead(settings: Settings) -> int | None:
    """Input frames after t that the output for t depends on; None where it needs the end of the clip."""
    if settings.bidirectional or settings.readout != "frames":
        return None
    return settings.stack - 1


def build(settings: Settings, inputs: int, outputs: int) -> Recurrent:
    from engine.recurrent import Recurrent

    return Recurrent(settings, inputs, outputs)
