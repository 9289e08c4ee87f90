"""AI noise suppression (AINS): an LSTM for the noise and one for the speech, joined by bilinear pooling to a mask.

Bilinear (products of two vectors) is not bidirectional (a second pass from the end): each is a knob of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from engine.counting import full_pooling
from engine.knob import Settings as Base
from engine.knob import knob

if TYPE_CHECKING:
    from engine.ains import Ains

COSTLY = 128
"""Units from which on full pooling is asked about before it is built."""


@dataclass(frozen=True)
class Settings(Base):
    fusion: str = knob(
        "lowrank",
        choices=("sum", "full", "compact", "lowrank", "attention"),
        effect="rebuild",
        help="how both streams are joined: added; by all products of their values, weighed (full) or in a sketch "
        "(compact); by products of `rank` sums of each (low-rank); or by attention, which products steer",
    )
    rank: int = knob(
        64, 1, 1024, choices=(8, 16, 32, 64, 128, 256), effect="rebuild", help="products of low-rank pooling"
    )
    sketch: int = knob(
        1024, choices=(256, 512, 1024, 2048), effect="rebuild", help="sums of compact pooling: more blur less"
    )
    window: int = knob(
        64, choices=(8, 16, 32, 64, 128), effect="rebuild", unit="frames", help="how many frames attention sees"
    )
    hidden: int = knob(
        128,
        1,
        1024,
        choices=(32, 64, 128, 256),
        effect="rebuild",
        unit="units",
        warn_above=COSTLY - 1,
        warning="With full pooling: 4 h³ + h weights in both directions, h³ + h if causal.",
        help="units in each layer, direction and in the mask's: full pooling grows with their cube",
    )
    depth: int = knob(2, 1, 3, effect="rebuild", help="layers on top of each other, in each of the two streams")
    stacked: bool = knob(
        False, effect="rebuild", help="the second stream reads what the first has made, instead of the sound"
    )
    causal: bool = knob(
        True, effect="rebuild", help="forward only, for live use; off: a second pass from the end, bidirectional"
    )

    # What it is to all that looks at a recurrent network, and changes its states.
    cell: ClassVar[str] = "lstm"
    residual: ClassVar[bool] = False
    stack: ClassVar[int] = 1
    attention: ClassVar[str] = "none"
    readout: ClassVar[str] = "frames"

    @property
    def layers(self) -> int:
        """Of both streams: those of the noise are 1 to `depth`, those of the speech come after them."""
        return 2 * self.depth

    @property
    def bidirectional(self) -> bool:
        return not self.causal

    @property
    def streams(self) -> int:
        """How many stacks of layers begin with the input."""
        return 1 if self.stacked else 2

    @property
    def width(self) -> int:
        """Values a frame that leave a stream."""
        return self.hidden * (1 if self.causal else 2)


def lookahead(settings: Settings) -> int | None:
    """Input frames after t that the output for t depends on; None where it needs the end of the sound."""
    return 0 if settings.causal else None


def costly(settings: Settings) -> str:
    """What to ask before a network with these settings is built; empty where nothing is to be asked."""
    if settings.fusion != "full" or settings.hidden < COSTLY:
        return ""
    count = full_pooling(settings.width, settings.hidden)
    formula = "h³ + h" if settings.causal else "4 h³ + h"
    return (
        f"Full bilinear pooling of {settings.hidden} units has {count:,} weights ({formula}), beside those of the "
        "LSTMs. Low-rank pooling needs a hundredth."
    )


def build(settings: Settings, inputs: int, outputs: int) -> Ains:
    from engine.ains import Ains

    return Ains(settings, inputs, outputs)
