"""Denoise: noise taken out by a Wiener filter, a spectral gate, or a network that has learnt what speech is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.blocks import StageError
from engine.enhancer import Enhancer
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
        choices=("wiener", "gate", "network"),
        help="Wiener weighs each frequency by its share of speech; the gate shuts those not above the noise; "
        "a network has learnt what speech is.",
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
    file: str = knob(
        "", file=True, help="Your own network, used where the method is network: an ONNX file or a checkpoint."
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


class Network:
    """A denoiser of engine/denoisers, at any rate; no more is taken away than asked."""

    badges: tuple[str, ...] = ()

    def __init__(self, settings: Settings, source: Format) -> None:
        """Raises StageError."""
        from engine import denoising

        self.output = source
        name = settings.file or next(iter(denoising.ours()), "")
        if not name:
            raise StageError("no network is bundled that takes out noise; choose a file of one")
        try:
            denoisers = [denoising.build(name) for _ in range(source.width)]
        except denoising.DenoiserError as error:
            raise StageError(str(error)) from error
        options = denoising.Options(limit=settings.reduction)
        self._enhancer = Enhancer(denoisers, source.rate, options)
        self.lookahead = self._enhancer.latency

    def push(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        out = self._enhancer.push(block)
        self._enhancer.mask()  # nobody asks for it here
        return out

    def flush(self) -> NDArray[np.float32]:
        return self._enhancer.flush()

    def reset(self) -> None:
        self._enhancer.reset()


def build(settings: Settings, source: Format) -> Denoise | Network:
    return Network(settings, source) if settings.method == "network" else Denoise(settings, source)
