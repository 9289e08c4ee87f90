"""A network that is fed a spectrum a frame and keeps its memory in caches: GTCRN, UL-UNAS and their like."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from engine import onnxfile
from engine.denoisers.denoiser import DenoiserError
from engine.overlap import Gains, Overlap, spectral

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.denoisers.denoiser import Mask

    Array = NDArray[np.float32]

TITLE = "Spectrum with caches"
_RATE = 16_000


class Stepped:
    """Real and imaginary parts [1, F, 1, 2] of half-overlapping frames of 2 (F - 1) samples, in and out."""

    rate = _RATE

    def __init__(self, path: Path) -> None:
        session = onnxfile.load(path)
        bins = int(session.get_inputs()[0].shape[1])
        size = 2 * (bins - 1)
        self.latency: int | None = size
        self.parameters = onnxfile.parameters(path)
        self._step = onnxfile.Stepped(session)
        self._overlap = Overlap(size, size // 2, spectral(size, self._alter))
        self._gains = Gains(_RATE, size // 2, 0, tuple(np.linspace(0, _RATE / 2, bins).tolist()))

    def push(self, block: Array) -> Array:
        return self._overlap.push(block)

    def flush(self) -> Array:
        rest = self._overlap.flush()
        self._step.reset()
        return rest

    def reset(self) -> None:
        self._overlap.reset()
        self._step.reset()
        self._gains.reset()

    def mask(self) -> Mask | None:
        return self._gains.take()

    def _alter(self, spectrum: NDArray[np.complex64]) -> NDArray[np.complex64]:
        parts = np.ascontiguousarray(spectrum, np.complex64).view(np.float32).reshape(1, -1, 1, 2)
        found = np.ascontiguousarray(self._step(parts)).reshape(-1, 2).view(np.complex64)[:, 0]
        self._gains.ratio(found, spectrum)
        return found


def names() -> tuple[str, ...]:
    return ()


def fits(path: Path) -> bool:
    found = onnxfile.layout(path)
    if found is None or not found.cached:
        return False
    first = found.inputs[0]
    return len(first) == 4 and first[::2] == (1, 1) and first[3] == 2 and found.outputs[0] == first


def build(source: str | Path) -> Stepped:
    if not fits(Path(source)):
        raise DenoiserError(f"{source} is no ONNX network that takes a spectrum [1, F, 1, 2] and caches")
    return Stepped(Path(source))
