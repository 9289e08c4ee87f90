"""Running normalisation: mean and deviation of the seconds before, so that it works live."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.blocks import StageError
from engine.knob import Settings as Base
from engine.knob import knob

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.stages.stage import Format, Role

ROLE: Role = "feature"
TWIN = ""
_LEAST = np.float32(1e-5)


@dataclass(frozen=True)
class Settings(Base):
    seconds: float = knob(
        3.0,
        0.2,
        30.0,
        step=0.1,
        unit="s",
        help="How far back the mean and the deviation reach, as a time constant.",
    )
    variance: bool = knob(True, help="Divide by the deviation as well as taking the mean away.")
    mean: tuple[float, ...] = knob((), hidden=True, help="Mean to start from; none: the first frame.")
    std: tuple[float, ...] = knob((), hidden=True, help="Deviation to start from; none: one.")


class Running:
    """Exponential mean and variance of each column, the frame itself included.

    Without statistics to start from, frame t is weighed 1 / (t + 1) until the time constant is reached: the plain
    mean of all so far. m += w (x - m);  v += w ((x - m before)(x - m after) - v).
    """

    badges: tuple[str, ...] = ()

    def __init__(self, settings: Settings, source: Format) -> None:
        self.lookahead = 0
        self.output = dataclasses.replace(source, unit="deviations", floor=0.0)
        self._settings = settings
        self._least = 1.0 / max(1.0, settings.seconds * source.rate)
        self.reset()

    def reset(self) -> None:
        width = self.output.width
        self._count = 1.0 / self._least if self._settings.mean else 0.0
        self._mean = np.array(self._settings.mean or np.zeros(width), np.float32)
        self._variance = np.square(np.array(self._settings.std or np.ones(width), np.float32))

    def push(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        out = np.empty_like(block)
        mean, variance = self._mean, self._variance
        for t, x in enumerate(block):
            weight = np.float32(max(1.0 / (self._count + 1.0), self._least))
            self._count += 1.0
            before = x - mean
            mean = mean + weight * before
            after = x - mean
            out[t] = after
            if self._settings.variance:
                variance = variance + weight * (before * after - variance)
                out[t] /= np.maximum(np.sqrt(variance), _LEAST)
        self._mean, self._variance = mean, variance
        return out

    def flush(self) -> NDArray[np.float32]:
        self.reset()
        return np.zeros((0, self.output.width), np.float32)


def build(settings: Settings, source: Format) -> Running:
    for name in ("mean", "std"):
        given = len(getattr(settings, name))
        if given not in (0, source.width):
            raise StageError(
                f"the starting {name} is of {given} columns, the features have {source.width}; "
                "use the front end that the network was trained with"
            )
    return Running(settings, source)
