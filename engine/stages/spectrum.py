"""Spectrum: what a denoiser hears, magnitudes compressed about as loudness grows, with their phases if wanted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import halves
from engine.blocks import Framed, StageError
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
        "steered: how loud it is over the mean of all, then how loud over its own noise floor.",
    )


class Floor(Framed):
    """Frames that know the noise: the floor of each frequency rises slowly to what is heard and falls fast to it.

    With L = ln(|X| + LEAST): m += UP (L - m) where L > m, DOWN (L - m) elsewhere; so the floor m lies near the
    minima. The level that all frequencies are compared with is the same of their mean, slow both ways.
    """

    UP, DOWN, LEVEL, LEAST = 0.02, 0.3, 0.05, 1e-5
    SCALE, SHIFT = 0.4, 1.0  # what a network hears is about as large as one

    def reset(self) -> None:
        super().reset()
        self._floor: NDArray[np.float32] | None = None
        self._level = np.float32(0)

    def heard(self, framed: NDArray[np.float32]) -> NDArray[np.float32]:
        """[T, WIN] -> [T, 2 BINS]"""
        loud = np.log(np.abs(halves.spectrum(framed)) + np.float32(self.LEAST))
        mean = loud.mean(-1)
        out = np.empty((len(loud), 2, loud.shape[1]), np.float32)
        for t, row in enumerate(loud):
            if self._floor is None:
                self._floor, self._level = row.copy(), mean[t]
            gap = row - self._floor
            self._floor += gap * np.where(gap > 0, np.float32(self.UP), np.float32(self.DOWN))
            self._level += (mean[t] - self._level) * np.float32(self.LEVEL)
            np.subtract(row, self._level, out=out[t, 0])
            np.subtract(row, self._floor, out=out[t, 1])
        out[:, 1] -= np.float32(self.SHIFT)
        out *= np.float32(self.SCALE)
        return out.reshape(len(out), -1)


def build(settings: Settings, source: Format) -> Framed:
    """Frames of 32 ms every 16 ms at 16 kHz. Raises StageError at another rate."""
    if source.rate != halves.RATE:
        raise StageError(
            f"the stage 'spectrum' wants 16 kHz, not {source.rate:g} Hz; put the stage 'resample' first"
        )
    single = settings.parts == "magnitude"
    rows = halves.HERTZ * (1 if single else 2)
    unit = "" if settings.parts == "steered" else "|X|^0.3"
    output = Format(source.rate / halves.HOP, len(rows), "frequency" if single else "feature", rows, unit=unit)
    if settings.parts == "steered":
        stage: Any = Floor(source, output, halves.WIN, halves.HOP, lambda framed: stage.heard(framed))
        return stage

    def analyse(framed: NDArray[np.float32]) -> NDArray[np.float32]:
        both, size = halves.compressed(halves.spectrum(framed))
        return np.concatenate([both.real, both.imag], -1) if not single else size

    return Framed(source, output, halves.WIN, halves.HOP, analyse)
