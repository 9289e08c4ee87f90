"""Resample: another sample rate, without aliases."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.blocks import Pointwise
from engine.knob import Settings as Base
from engine.knob import knob
from engine.resampling import delay, stream

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.stages.stage import Format, Role

ROLE: Role = "source"
TWIN = ""


@dataclass(frozen=True)
class Settings(Base):
    rate: int = knob(
        16000,
        choices=(4000, 8000, 11025, 16000, 22050, 44100, 48000),
        unit="Hz",
        label="sample rate",
        help="Samples a second from here on. Half of it is the highest frequency that remains.",
    )


class Resample:
    """A stream through soxr's high quality filter: aliases lie 100 dB and more below."""

    def __init__(self, rate: int, source: Format) -> None:
        self._rates = source.rate, float(rate)
        self.lookahead = delay(*self._rates)
        self.output = dataclasses.replace(source, rate=float(rate))
        self.badges = (f"resampled {source.rate / 1000:g} → {rate / 1000:g} kHz",)
        self.reset()

    def reset(self) -> None:
        self._stream = stream(*self._rates, self.output.width)

    def push(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        return self._stream.resample_chunk(np.ascontiguousarray(block, np.float32))

    def flush(self) -> NDArray[np.float32]:
        rest = self._stream.resample_chunk(np.zeros((0, self.output.width), np.float32), last=True)
        self.reset()
        return rest


def build(settings: Settings, source: Format) -> Resample | Pointwise:
    return Pointwise(source) if source.rate == settings.rate else Resample(settings.rate, source)
