"""Down-sampling: fewer frames a second."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.blocks import Pointwise
from engine.knob import Settings as Base
from engine.knob import knob

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.stages.stage import Format, Role

ROLE: Role = "feature"
TWIN = ""


@dataclass(frozen=True)
class Settings(Base):
    factor: int = knob(2, 1, 8, step=1, help="One frame comes out for this many that go in.")
    how: str = knob(
        "stack",
        choices=("stack", "mean", "skip"),
        help="Stack puts the frames side by side, mean takes their average, skip keeps the first of them.",
    )


class Downsample:
    """Groups of `factor` frames become one, at the middle of the group (skip: at its first frame).

    An incomplete last group is filled up with its last frame.
    """

    badges: tuple[str, ...] = ()

    def __init__(self, factor: int, how: str, source: Format) -> None:
        self.lookahead = factor - 1
        self._factor, self._how = factor, how
        width = source.width * factor if how == "stack" else source.width
        later = 0.0 if how == "skip" else (factor - 1) / 2 / source.rate
        self.output = dataclasses.replace(
            source, rate=source.rate / factor, width=width, first=source.first + later
        )
        if how == "stack":
            rows = tuple(float(each) for each in range(width))
            self.output = dataclasses.replace(self.output, axis="feature", rows=rows)
        self._source_width = source.width
        self.reset()

    def reset(self) -> None:
        self._kept = np.zeros((0, self._source_width), np.float32)

    def push(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        items = np.concatenate([self._kept, block])
        count = len(items) // self._factor
        self._kept = items[count * self._factor :]
        groups = items[: count * self._factor].reshape(count, self._factor, self._source_width)
        if self._how == "stack":
            return groups.reshape(count, self.output.width)
        return groups[:, 0] if self._how == "skip" else groups.mean(axis=1)

    def flush(self) -> NDArray[np.float32]:
        last = self._kept[-1:]
        out = self.push(np.repeat(last, self._factor - len(self._kept), axis=0))
        self.reset()
        return out


def build(settings: Settings, source: Format) -> Downsample | Pointwise:
    return Pointwise(source) if settings.factor == 1 else Downsample(settings.factor, settings.how, source)
