"""Running pitch: higher or lower at the same tempo, with a short look ahead, so that it works live."""

from __future__ import annotations

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

ROLE: Role = "sound"
TWIN = ""
_EVERY = 4  # samples: so many are compared where the best place for a grain is sought


@dataclass(frozen=True)
class Settings(Base):
    semitones: float = knob(
        0.0, -12.0, 12.0, step=0.1, unit="semitones", help="12 semitones are an octave: twice the frequency."
    )


class Running:
    """Overlapping grains, each played faster or slower about its middle and laid where it fits the one before.

    Grain i lies at output samples [i h, i h + 2 h) under a Hann window and is read from the input about the same
    middle, moved by up to d samples to where it agrees best with the second half of grain i - 1 (the idea of
    WSOLA: Verhelst and Roelands 1993). All channels move together.
    """

    badges: tuple[str, ...] = ()

    def __init__(self, semitones: float, source: Format) -> None:
        self.output = source
        self._ratio = 2.0 ** (semitones / 12.0)
        self._half = round(0.016 * source.rate)
        self._search = round(0.008 * source.rate)
        # Samples of input on each side of a grain's middle: its own, those of the search, and one to interpolate.
        self._reach = int(np.ceil(self._half * self._ratio)) + self._search + 2
        self.lookahead: int | None = self._half + self._reach
        self._window = dsp.window("hann", 2 * self._half)[:, None]
        self.reset()

    def reset(self) -> None:
        # Grain 0 has its middle at sample 0: half of it lies before the sound.
        self._kept = np.zeros((self._reach, self.output.width), np.float32)
        self._overlap = np.zeros((self._half, self.output.width), np.float32)
        self._target: NDArray[np.float32] | None = None
        self._given = self._taken = 0

    def push(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        self._taken += len(block)
        out = self._run(block)
        self._given += len(out)
        return out

    def flush(self) -> NDArray[np.float32]:
        missing = self._taken - self._given
        rest = (
            self._run(np.zeros((self.lookahead or 0, self.output.width), np.float32))[:missing]
            if missing
            else None
        )
        self.reset()
        return np.zeros((0, self.output.width), np.float32) if rest is None else rest

    def _run(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        sound, outs, begin = np.concatenate([self._kept, block]), [], 0
        while begin + 2 * self._reach <= len(sound):
            grain = self._grain(sound[begin : begin + 2 * self._reach])
            first = self._target is None
            self._target = grain[self._half :]
            windowed = grain * self._window
            if not first:
                outs.append(self._overlap + windowed[: self._half])
            self._overlap = windowed[self._half :]
            begin += self._half
        self._kept = sound[begin:]
        return np.concatenate(outs) if outs else np.zeros((0, self.output.width), np.float32)

    def _grain(self, around: NDArray[np.float32]) -> NDArray[np.float32]:
        """Samples [2 h, width] from the input around its middle."""
        steps = (np.arange(-self._half, self._half) * self._ratio).astype(np.float64)
        tracks = self._read(around, steps[0] - self._search, 2 * self._search + 1, self._half)
        move = 0
        if self._target is not None:
            wanted = self._target.mean(axis=1)[::_EVERY]
            energy = np.sqrt(np.square(tracks).sum(axis=1)) + 1e-6
            move = int(np.argmax(tracks @ wanted / energy)) - self._search
        return self._interpolate(around, self._reach + steps + move)

    def _read(self, around: NDArray[np.float32], first: float, count: int, length: int) -> NDArray[np.float32]:
        """The beginnings of `count` grains, each one sample later, as mono [count, length / _EVERY]."""
        mono = around.mean(axis=1)[:, None]
        place = self._reach + first + np.arange(count)[:, None] + np.arange(0, length, _EVERY) * self._ratio
        return self._interpolate(mono, place.reshape(-1))[:, 0].reshape(count, -1)

    def _interpolate(self, items: NDArray[np.float32], place: NDArray[np.float64]) -> NDArray[np.float32]:
        left = place.astype(np.int64)
        part = (place - left).astype(np.float32)[:, None]
        return items[left] * (1 - part) + items[left + 1] * part


def build(settings: Settings, source: Format) -> Running | Pointwise:
    return Pointwise(source) if settings.semitones == 0.0 else Running(settings.semitones, source)
