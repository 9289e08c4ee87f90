"""Spectral gating by the package noisereduce, with the noise taken from the whole sound."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

import numpy as np

from engine.denoisers.denoiser import DenoiserError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from engine.denoisers.denoiser import Mask

    Array = NDArray[np.float32]

TITLE = "noisereduce"
_LONGEST = 1800
_SHORTEST = 4096  # samples that its filters need


class Noisereduce:
    """Its own defaults for steady noise (Sainburg 2020): a frequency's threshold comes from all frames."""

    rate = 16_000
    latency: int | None = None
    parameters = 0

    def __init__(self) -> None:
        self._blocks: list[Array] = []
        self._count = 0

    def push(self, block: Array) -> Array:
        """Nothing. Raises DenoiserError for what is longer than it can hold."""
        self._count += len(block)
        if self._count > _LONGEST * self.rate:
            raise DenoiserError(
                f"noisereduce needs the whole sound at once, at most {_LONGEST // 60} minutes; use another "
                "denoiser, or cut the sound with `otoscope convert --chunk`"
            )
        self._blocks.append(np.array(block, np.float32))
        return np.zeros(0, np.float32)

    def flush(self) -> Array:
        import noisereduce

        sound = np.concatenate([*self._blocks, np.zeros(0, np.float32)])
        self.reset()
        if not sound.any():
            return sound
        padded = np.pad(sound, (0, max(0, _SHORTEST - len(sound))))
        out = noisereduce.reduce_noise(y=padded, sr=self.rate, stationary=True)[: len(sound)]
        return np.nan_to_num(out).astype(np.float32)

    def reset(self) -> None:
        self._blocks, self._count = [], 0

    def mask(self) -> Mask | None:
        return None


def names() -> tuple[str, ...]:
    return ("noisereduce",) if importlib.util.find_spec("noisereduce") else ()


def fits(path: Path) -> bool:
    return False


def build(source: str | Path) -> Noisereduce:
    if not names():
        raise DenoiserError("noisereduce is a Python package: pip install noisereduce")
    return Noisereduce()
