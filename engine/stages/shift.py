"""Shift: the sound earlier or later in time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.blocks import Pointwise, Whole
from engine.knob import Settings as Base
from engine.knob import knob

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.stages.stage import Format, Role

ROLE: Role = "source"
TWIN = ""


@dataclass(frozen=True)
class Settings(Base):
    shift: float = knob(
        0.0, -1.0, 1.0, step=0.01, unit="s", help="How much later the sound comes; below 0 it comes earlier."
    )
    edge: str = knob(
        "silence",
        choices=("silence", "roll"),
        help="What fills the gap: silence, or the end that was pushed out (roll).",
    )


class Shift:
    """y[n] = x[n - d], as long as the sound itself, with silence outside it."""

    badges: tuple[str, ...] = ()

    def __init__(self, delay: int, source: Format) -> None:
        self.lookahead = max(0, -delay)
        self.output = source
        self._delay = delay
        self.reset()

    def reset(self) -> None:
        self._kept = np.zeros((max(0, self._delay), self.output.width), np.float32)
        self._skip = max(0, -self._delay)

    def push(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        if self._delay > 0:
            both = np.concatenate([self._kept, block])
            self._kept = both[len(block) :]
            return both[: len(block)]
        skipped = min(self._skip, len(block))
        self._skip -= skipped
        return block[skipped:]

    def flush(self) -> NDArray[np.float32]:
        # What was skipped at the beginning is made up for by silence at the end.
        missing = max(0, -self._delay) - self._skip
        self.reset()
        return np.zeros((missing, self.output.width), np.float32)


def build(settings: Settings, source: Format) -> Shift | Whole | Pointwise:
    delay = round(settings.shift * source.rate)
    if not delay:
        return Pointwise(source)
    if settings.edge == "roll":
        return Whole(source, source, lambda whole: np.roll(whole, delay, axis=0))
    return Shift(delay, source)


def clock(settings: Settings) -> tuple[float, float]:
    return 1.0, settings.shift
