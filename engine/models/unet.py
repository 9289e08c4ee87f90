"""U-Net: convolutions that halve the frequencies level by level and double them again, with skips; causal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.knob import Settings as Base
from engine.knob import knob

if TYPE_CHECKING:
    from engine.unet import UNet


@dataclass(frozen=True)
class Settings(Base):
    channels: int = knob(
        12,
        1,
        128,
        choices=(8, 12, 16, 32),
        effect="rebuild",
        help="pictures that the first level makes of the sound; each level below doubles them, up to four times",
    )
    levels: int = knob(4, 1, 5, effect="rebuild", help="how often the frequencies are halved on the way down")
    frames: int = knob(
        3,
        choices=(1, 2, 3, 5),
        effect="rebuild",
        unit="frames",
        help="frames that a convolution sees, the newest last",
    )


def lookahead(settings: Settings) -> int | None:
    """None of the frames after t: every convolution sees the past alone."""
    return 0


def build(settings: Settings, inputs: int, outputs: int) -> UNet:
    from engine.unet import UNet

    return UNet(settings, inputs, outputs)
