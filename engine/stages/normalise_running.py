"""Running normalisation: mean and deviation of the seconds before, so that it works live."""

from __future__ import annotations

import dataclasses
import math
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
_LEAST = 1e-5  # deviation of a column that never changes
_ROWS = 64  # frames at once


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
        steps = np.arange(_ROWS)
        self._decay = (1.0 - self._least) ** (steps + 1)
        self._filter = np.tril(self._least * (1.0 - self._least) ** np.abs(steps[:, None] - steps))
        self.reset()

    def reset(self) -> None:
        width = self.output.width
        self._count = round(1.0 / self._least) if self._settings.mean else 0
        self._mean = np.array(self._settings.mean or np.zeros(width), np.float64)
        self._variance = np.square(np.array(self._settings.std or np.ones(width), np.float64))

    def push(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        if not len(block):
            return block
        mean = self._smoothed(self._mean, block.astype(np.float64))
        after = block - mean
        out = after
        if self._settings.variance:
            before = block - np.concatenate([self._mean[None], mean[:-1]])
            variance = self._smoothed(self._variance, before * after)
            out = after / np.maximum(np.sqrt(variance), _LEAST)
            self._variance = variance[-1]
        self._mean = mean[-1]
        self._count += len(block)
        return out.astype(np.float32)

    def flush(self) -> NDArray[np.float32]:
        self.reset()
        return np.zeros((0, self.output.width), np.float32)

    def _smoothed(self, state: NDArray[np.float64], items: NDArray[np.float64]) -> NDArray[np.float64]:
        """s += w (x - s) for every row x of items [n, width], from `state` [width] on."""
        out = np.empty_like(items)
        weight = self._least
        # As long as 1 / (t + 1) > w it is a plain mean: a cumulative sum.
        growing = min(len(items), max(0, math.ceil(1.0 / weight) - 1 - self._count))
        if growing:
            counts = np.arange(self._count + 1, self._count + 1 + growing)[:, None]
            out[:growing] = (np.cumsum(items[:growing], axis=0) + self._count * state) / counts
            state = out[growing - 1]
        # Then s_t = (1 - w)^(t + 1) s + sum over j <= t of w (1 - w)^(t - j) x_j, a triangular matrix at a time.
        for start in range(growing, len(items), _ROWS):
            part = items[start : start + _ROWS]
            n = len(part)
            out[start : start + n] = self._decay[:n, None] * state + self._filter[:n, :n] @ part
            state = out[start + n - 1]
        return out


def build(settings: Settings, source: Format) -> Running:
    for name in ("mean", "std"):
        given = len(getattr(settings, name))
        if given not in (0, source.width):
            raise StageError(
                f"the starting {name} is of {given} columns, the features have {source.width}; "
                "use the front end that the network was trained with"
            )
    return Running(settings, source)
