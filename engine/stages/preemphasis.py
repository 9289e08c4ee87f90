"""Pre-emphasis: lifts the treble, as many speech front ends do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.knob import Settings as Base
from engine.knob import knob

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.stages.stage import Format, Role

ROLE: Role = "sound"
TWIN = ""


@dataclass(frozen=True)
class Settings(Base):
    coefficient: float = knob(
        0.97, 0.0, 0.99, step=0.01, help="How much of the sample before is taken away: y[n] = x[n] - c x[n - 1]."
    )


class Preemphasis:
    """y[n] = x[n] - c x[n - 1], with silence before the sound."""

    badges: tuple[str, ...] = ()

    def __init__(self, coefficient: float, source: Format) -> None:
        self.lookahead = 0
        self.output = source
        self._coefficient = np.float32(coefficient)
        self.reset()

    def reset(self) -> None:
        self._last = np.zeros((1, self.output.width), np.float32)

    def push(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        if not len(block):
            return block
        before: NDArray[np.float32] = np.concatenate([self._last, block[:-1]])
        self._last = block[-1:].copy()
        return np.subtract(block, self._coefficient * before, dtype=np.float32)

    def flush(self) -> NDArray[np.float32]:
        self.reset()
        return np.zeros((0, self.output.width), np.float32)


def build(settings: Settings, source: Format) -> Preemphasis:
    return Preemphasis(settings.coefficient, source)


def linear(settings: Settings) -> bool:
    return True
