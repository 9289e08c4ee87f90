"""Context: each frame together with its neighbours."""

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
    frames: int = knob(
        2, 0, 20, step=1, help="How many frames on each side are added: k makes 2 k + 1 times as many features."
    )
    future: bool = knob(True, help="Take frames of the future too; without them nothing has to be waited for.")


class Stack:
    """Frame t becomes the frames t - k to t + k side by side; at the ends the outermost frame is repeated."""

    badges: tuple[str, ...] = ()

    def __init__(self, before: int, after: int, source: Format) -> None:
        self.lookahead = after
        self._before, self._span, self._width = before, before + 1 + after, source.width
        rows = tuple(float(each) for each in range(source.width * self._span))
        self.output = dataclasses.replace(source, width=source.width * self._span, axis="feature", rows=rows)
        self.reset()

    def reset(self) -> None:
        self._kept: NDArray[np.float32] | None = None

    def push(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        if not len(block):
            return np.zeros((0, self.output.width), np.float32)
        if self._kept is None:
            self._kept = np.repeat(block[:1], self._before, axis=0)
        items = np.concatenate([self._kept, block])
        count = max(0, len(items) - self._span + 1)
        self._kept = items[count:]
        return np.concatenate([items[k : k + count] for k in range(self._span)], axis=1)

    def flush(self) -> NDArray[np.float32]:
        # Without any frame there is no last one to repeat, and push gives nothing for it.
        last = np.zeros((0, self._width), np.float32) if self._kept is None else self._kept[-1:]
        out = self.push(np.repeat(last, self.lookahead, axis=0))
        self.reset()
        return out


def build(settings: Settings, source: Format) -> Stack | Pointwise:
    if not settings.frames:
        return Pointwise(source)
    return Stack(settings.frames, settings.frames if settings.future else 0, source)
