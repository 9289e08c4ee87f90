"""Raw blocks: the samples themselves, cut into blocks that follow each other or overlap; nothing is computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.blocks import Framed
from engine.knob import Settings as Base
from engine.knob import knob
from engine.stages.stage import Format

if TYPE_CHECKING:
    from engine.stages.stage import Role

ROLE: Role = "transform"
TWIN = ""


@dataclass(frozen=True)
class Settings(Base):
    win: int = knob(
        160,
        1,
        4096,
        unit="samples",
        label="block length",
        help="Samples in a block: what a network is given at once. 160 samples are 10 ms at 16 kHz.",
    )
    hop: int = knob(
        160,
        1,
        1024,
        unit="samples",
        label="stride",
        help="Step from block to block; less than the length, and they overlap; more, and samples are left out.",
    )


def build(settings: Settings, source: Format) -> Framed:
    """Block t holds the samples around t * hop, as the frames of the other transforms do."""
    output = Format(source.rate / settings.hop, settings.win, "sample", unit="FS")
    return Framed(source, output, settings.win, settings.hop, lambda framed: np.array(framed, np.float32))
