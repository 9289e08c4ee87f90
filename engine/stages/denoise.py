"""Denoise: steady noise taken out by classical means, a spectral gate or a Wiener filter, without any network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.knob import Settings as Base
from engine.knob import knob
from engine.overlap import Overlap, spectral
from engine.suppression import REDUCTION, THRESHOLD, Suppressor

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.stages.stage import Format, Role
    from engine.suppression import Method

ROLE: Role = "sound"
TWIN = ""
_SECONDS = 0.032  # of a frame


@dataclass(frozen=True)
class Settings(Base):
    method: str = knob(
        "wiener",
        choices=("wiener", "gate"),
        help="Wiener weighs each frequency by its share of speech; the gate shuts those not above the noise.",
    )
    reduction: float = knob(
        REDUCTION,
        0.0,
        40.0,
        step=1.0,
        unit="dB",
        help="How much noise is taken away at most; more leaves more artefacts.",
    )
    threshold: float = knob(
        THRESHOLD,
        0.0,
        20.0,
        step=0.5,
        unit="dB",
        help="How far above the noise a frequency opens the gate. Gate only.",
    )


class Denoise:
    """Gains on a short-time spectrum of half-overlapping frames (engine/suppression.py)."""

    badges: tuple[str, ...] = ()

    def __init__(self, settings: Settings, source: Format) -> None:
        self.output = source
        size = 1 << max(4, round(np.log2(_SECONDS * source.rate)))
        method: Method = "gate" if settings.method == "gate" else "wiener"
        shape = (size // 2 + 1, source.width)
        self._suppressor = Suppressor(method, shape, settings.reduction, settings.threshold)
        self._overlap = Overlap(size, size // 2, spectral(size, self._alter), (source.width,))
        self.lookahead: int | None = size

    def reset(self) -> None:
        self._overlap.reset()
        self._suppressor.reset()

    def push(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        return self._overlap.push(block)

    def flush(self) -> NDArray[np.float32]:
        rest = self._overlap.flush()
        self._suppressor.reset()
        return rest

    def _alter(self, spectrum: NDArray[np.complex64]) -> NDArray[np.complex64]:
        return spectrum * self._suppressor.gains(np.square(np.abs(spectrum)))


def build(settings: Settings, source: Format) -> Denoise:
    return Denoise(settings, source)
