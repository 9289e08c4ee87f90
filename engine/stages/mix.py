"""Mix: one channel from several."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine import dsp
from engine.blocks import Pointwise
from engine.knob import Settings as Base
from engine.knob import knob

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.stages.stage import Format, Role

ROLE: Role = "source"
TWIN = ""
_CANCELS = -20.0  # decibel of the mean against the channels' own mean power


@dataclass(frozen=True)
class Settings(Base):
    channel: str = knob(
        "mean",
        choices=("mean", "left", "right", "mid", "side"),
        help="Which channel is heard: the mean of all, the left, the right, their half sum or half difference.",
    )


class Mix:
    """Sound [n, channels] to [n, 1], keeping an eye on what the mean loses."""

    def __init__(self, channel: str, source: Format) -> None:
        self.lookahead = 0
        self.output = dataclasses.replace(source, width=1)
        self._weights = _weights(channel, source.width)
        self._watch = channel in ("mean", "mid")
        self.reset()

    def push(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        mono = block @ self._weights
        if self._watch and len(block):
            self._inside += float(np.square(block, dtype=np.float64).mean(axis=1).sum())
            self._outside += float(np.square(mono, dtype=np.float64).sum())
        return mono

    def flush(self) -> NDArray[np.float32]:
        return np.zeros((0, 1), np.float32)

    def reset(self) -> None:
        self._inside = self._outside = 0.0

    @property
    def badges(self) -> tuple[str, ...]:
        if self._inside > 0 and dsp.decibel(self._outside / self._inside) < _CANCELS:
            return ("mono mix cancels: choose left or right",)
        return ()


def build(settings: Settings, source: Format) -> Mix | Pointwise:
    return Pointwise(source) if source.width == 1 else Mix(settings.channel, source)


def _weights(channel: str, width: int) -> NDArray[np.float32]:
    pair = {"left": (1.0, 0.0), "right": (0.0, 1.0), "mid": (0.5, 0.5), "side": (0.5, -0.5)}
    weights = np.zeros((width, 1), np.float32)
    if channel == "mean":
        weights[:] = 1.0 / width
    else:
        weights[:2, 0] = pair[channel]
    return weights
