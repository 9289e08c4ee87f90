"""Spectrum: what a denoiser hears, magnitudes compressed about as loudness grows, with their phases if wanted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine import bands, halves
from engine.blocks import Framed, StageError
from engine.floor import Floor
from engine.knob import Settings as Base
from engine.knob import knob
from engine.stages.stage import Format

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.stages.stage import Role

ROLE: Role = "transform"
TWIN = ""


@dataclass(frozen=True)
class Settings(Base):
    parts: str = knob(
        "magnitude",
        choices=("magnitude", "complex", "steered"),
        help="How loud each frequency is, |X|^0.3; that with its phase: real parts, then imaginary ones; or "
        "steered: how loud each of 96 bands is over the mean of all, then how loud over its own noise floor.",
    )


class Steered(Framed):
    """Frames over the noise floor, which is forgotten with the rest."""

    def reset(self) -> None:
        super().reset()
        self.floor = Floor()


def build(settings: Settings, source: Format) -> Framed:
    """Frames of 32 ms every 16 ms at 16 kHz. Raises StageError at another rate."""
    if source.rate != halves.RATE:
        raise StageError(
            f"the stage 'spectrum' wants 16 kHz, not {source.rate:g} Hz; put the stage 'resample' first"
        )
    single = settings.parts == "magnitude"
    steered = settings.parts == "steered"
    rows = (bands.HERTZ if steered else halves.HERTZ) * (1 if single else 2)
    unit = "" if steered else "|X|^0.3"
    output = Format(source.rate / halves.HOP, len(rows), "frequency" if single else "feature", rows, unit=unit)

    def analyse(framed: NDArray[np.float32]) -> NDArray[np.float32]:
        spectrum = halves.spectrum(framed)
        if isinstance(stage, Steered):
            return stage.floor.heard(bands.heard(spectrum))
        both, size = halves.compressed(spectrum)
        return size if single else np.concatenate([both.real, both.imag], -1)

    kind = Steered if steered else Framed
    stage = kind(source, output, halves.WIN, halves.HOP, analyse)
    return stage
