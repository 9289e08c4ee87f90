"""Wave-U-Net: samples to samples, the rate halved level by level and doubled again, with skips; causal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.knob import Settings as Base
from engine.knob import knob

if TYPE_CHECKING:
    from engine.waveunet import WaveUNet


@dataclass(frozen=True)
class Settings(Base):
    channels: int = knob(
        16,
        1,
        128,
        choices=(8, 16, 24, 32),
        effect="rebuild",
        help="channels that each level adds",
    )
    levels: int = knob(6, 1, 8, effect="rebuild", help="how often the rate is halved; a frame must allow it")
    kernel: int = knob(
        8,
        choices=(4, 8, 16),
        effect="rebuild",
        unit="samples",
        help="samples that a convolution sees, the newest last",
    )


def lookahead(settings: Settings) -> int | None:
    """None of the frames after t: every convolution sees the past alone."""
    return 0


def build(settings: Settings, inputs: int, outputs: int) -> WaveUNet:
    from engine.waveunet import WaveUNet

    return WaveUNet(settings, inputs, outputs)
