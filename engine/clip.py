"""A clip: a frozen handle on audio, wherever its samples lie."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


@dataclass(frozen=True)
class Label:
    """A named stretch of time in seconds. `tier` says what it names: text, phone, word, digit."""

    start: float
    end: float
    text: str
    tier: str = "text"


class Source(Protocol):
    """Where samples come from. Reading is thread-safe and never loads more than is asked for."""

    @property
    def rate(self) -> int: ...
    @property
    def channels(self) -> int: ...
    @property
    def frames(self) -> int: ...

    def read(self, start: int, stop: int) -> NDArray[np.float32]:
        """Samples [n, channels] in [-1, 1] of a range that lies inside the clip."""


@dataclass(frozen=True, eq=False)
class Clip:
    """A name and an identity on a Source. Two clips with one `id` sound the same."""

    source: Source
    id: str
    name: str
    labels: tuple[Label, ...] = ()
    path: Path | None = None
    language: str = ""
    """Of what is said in it, as engine/language.py has it."""

    @property
    def rate(self) -> int:
        return self.source.rate

    @property
    def channels(self) -> int:
        return self.source.channels

    @property
    def frames(self) -> int:
        return self.source.frames

    @property
    def seconds(self) -> float:
        return self.frames / self.rate

    def read(self, start: int = 0, stop: int | None = None) -> NDArray[np.float32]:
        """float32 [n, channels] of the samples in [start, stop), cut to what the clip has."""
        stop = self.frames if stop is None else min(stop, self.frames)
        start = max(start, 0)
        if stop <= start:
            return np.zeros((0, self.channels), np.float32)
        return self.source.read(start, stop)

    def columns(self, start: float, stop: float, width: int, peaks: Any = None) -> tuple[NDArray, NDArray]:
        """(low, high) float32 [width]: the waveform between two times in seconds, a pair for each pixel column.

        `peaks` is this clip's pyramid (session.state.peaks[clip.id]); without it a long clip is only sampled.
        """
        from engine.audio.peaks import columns  # here, for it stands on this module

        return columns(self, start, stop, width, peaks)

    def text(self, tier: str) -> tuple[str, ...]:
        """The texts of one tier, in order of time."""
        return tuple(label.text for label in self.labels if label.tier == tier)


@dataclass(frozen=True, eq=False)
class ArraySource:
    """Samples that are in memory, float32 [n, channels], read-only."""

    samples: NDArray[np.float32]
    rate: int

    @property
    def channels(self) -> int:
        return int(self.samples.shape[1])

    @property
    def frames(self) -> int:
        return int(self.samples.shape[0])

    def read(self, start: int, stop: int) -> NDArray[np.float32]:
        return self.samples[start:stop]

    def pick(self, starts: NDArray[np.int64], length: int) -> NDArray[np.float32]:
        """Samples [len(starts), length, channels]: a few from many places, without a read for each."""
        return self.samples[starts[:, None] + np.arange(length)]


def from_array(samples: NDArray[np.floating], rate: int, name: str, labels: tuple[Label, ...] = ()) -> Clip:
    """A clip of samples [n] or [n, channels] in [-1, 1], identified by their content."""
    frozen = np.ascontiguousarray(samples, np.float32)
    frozen = frozen[:, None] if frozen.ndim == 1 else frozen
    if frozen.base is not None or frozen is samples:
        frozen = frozen.copy()
    frozen.setflags(write=False)
    digest = hashlib.blake2b(frozen.tobytes(), digest_size=12, key=str(rate).encode())
    return Clip(ArraySource(frozen, rate), digest.hexdigest(), name, labels)
