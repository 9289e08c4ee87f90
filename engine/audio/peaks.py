"""Peaks: the lowest and highest sample of every pixel column of a waveform, at any zoom, in a few milliseconds."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.audio.error import AudioError
from engine.events import Notice, Peaked, Progress

if TYPE_CHECKING:
    from collections.abc import Generator

    from numpy.typing import NDArray

    from engine.clip import Clip

Columns = tuple["NDArray[np.float32]", "NDArray[np.float32]"]

BASE = 256
"""Samples under one entry of the finest level: an hour at 44.1 kHz then takes 7 MB."""
FACTOR = 4
_CHUNK = BASE << 11  # frames read at a time while building: a step of some milliseconds; fewer of many channels
_NEAR = 2 * BASE  # samples a column below which the samples themselves are read
_AT_ONCE = 1 << 20  # samples that are read whole where that means no decoding and there is no pyramid
_PROBE = 48  # samples looked at under a column while there is no pyramid
_SEEKS = 32  # columns looked at where reading elsewhere means decoding


@dataclass(frozen=True, eq=False)
class Peaks:
    """Minimum and maximum of the mono mix over blocks of BASE, BASE * FACTOR, ... samples, finest first."""

    clip_id: str
    levels: tuple[Columns, ...]

    @property
    def nbytes(self) -> int:
        return sum(low.nbytes + high.nbytes for low, high in self.levels)


def build(clip: Clip) -> Generator[Progress | Notice | Peaked, None, None]:
    """Read the whole clip once. Notices tell of samples that are no numbers and of sound above full scale."""
    entries = math.ceil(clip.frames / BASE)
    low, high = np.empty(entries, np.float32), np.empty(entries, np.float32)
    missing = 0
    size = max(BASE, 8 * _CHUNK // max(clip.channels, 8) // BASE * BASE)
    for start in range(0, clip.frames, size):
        samples = clip.read(start, start + size)
        edges = np.arange(0, len(samples), BASE)
        first = start // BASE
        mono = _mono(samples)
        np.minimum.reduceat(mono, edges, out=low[first : first + len(edges)])
        np.maximum.reduceat(mono, edges, out=high[first : first + len(edges)])
        missing += holes(clip, start, start + len(samples))
        yield Progress(min(1.0, (start + size) / clip.frames), f"reading the waveform of {clip.name}")
    if missing:
        yield Notice(f"{clip.name} holds {missing} samples that are no numbers; they read as 0.", "warning")
    loudest = max(float(high.max(initial=0.0)), -float(low.min(initial=0.0)))
    if loudest > 1.001:
        over = 20 * math.log10(loudest)
        yield Notice(f"{clip.name} goes {over:.1f} dB above full scale; turn its gain down by as much.", "warning")
    yield Peaked(clip.id, Peaks(clip.id, _pyramid(low, high)))


def columns(clip: Clip, start: float, stop: float, width: int, peaks: Peaks | None = None) -> Columns:
    """(low, high) float32 [width] of the mono mix between `start` and `stop` seconds.

    A column reaches to the first sample of the next, so that neighbours touch. It is 0 outside the clip, and
    where the file cannot be read any more. From a pyramid a column may be wider by half of itself at each side;
    without one, where many samples lie under a column, only some of them are looked at.
    """
    edges = np.linspace(start * clip.rate, stop * clip.rate, width + 1)
    per_column = (stop - start) * clip.rate / max(width, 1)
    inside = (edges[1:] > 0) & (edges[:-1] < clip.frames)
    low, high = np.zeros(width, np.float32), np.zeros(width, np.float32)
    if not inside.any() or per_column <= 0:
        return low, high
    known = edges[:-1][inside], edges[1:][inside]
    cheap = hasattr(clip.source, "pick") and (stop - start) * clip.rate < _AT_ONCE
    try:
        if per_column < 1:
            low[inside] = high[inside] = _interpolated(clip, *known)
        elif per_column < _NEAR or (peaks is None and cheap):
            low[inside], high[inside] = _exact(clip, *known)
        elif peaks is not None:
            low[inside], high[inside] = _from_levels(peaks, *known, per_column)
        else:
            low[inside], high[inside] = _sparse(clip, *known)
    except AudioError:  # a paint event is no place to fail: the job that reads this file tells the user
        low[:], high[:] = 0, 0
    return low, high


def _mono(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """The mean over the last axis; a sum of columns, for NumPy is slow along a short axis."""
    channels = samples.shape[-1]
    if channels == 1:
        return samples[..., 0]
    total = samples[..., 0] + samples[..., 1]
    for channel in range(2, channels):
        total += samples[..., channel]
    total *= np.float32(1 / channels)
    return total


def holes(clip: Clip, start: int, stop: int) -> int:
    """How many samples of a range are no numbers in the file, or beyond any sound: they read as 0."""
    count = getattr(clip.source, "holes", None)
    return count(start, stop) if count else 0


def _pyramid(low: NDArray[np.float32], high: NDArray[np.float32]) -> tuple[Columns, ...]:
    levels = [(low, high)]
    while len(low) > FACTOR:
        edges = np.arange(0, len(low), FACTOR)
        low, high = np.minimum.reduceat(low, edges), np.maximum.reduceat(high, edges)
        levels.append((low, high))
    for level in levels:
        for each in level:
            each.setflags(write=False)
    return tuple(levels)


def _reduced(low: NDArray[np.float32], high: NDArray[np.float32], first: NDArray, last: NDArray) -> Columns:
    """The extremes of low[first:last] and high[first:last] for each pair; `last` is at least first + 1."""
    pairs = np.stack([first, last], axis=1).ravel()
    pairs[-1] = min(pairs[-1], len(low))
    if pairs[-1] == len(low):  # reduceat wants indices inside; the last stretch runs to the end anyhow
        pairs = pairs[:-1]
    # An inner index may equal the length as well: those stretches end there, which one more entry allows.
    if pairs.max() >= len(low):
        low, high = np.append(low, low[-1:]), np.append(high, high[-1:])
    return np.minimum.reduceat(low, pairs)[::2], np.maximum.reduceat(high, pairs)[::2]


def _exact(clip: Clip, left: NDArray, right: NDArray) -> Columns:
    begin, end = max(0, math.ceil(left[0])), min(clip.frames, math.ceil(right[-1]) + 1)
    mono = _mono(clip.read(begin, end))
    first = np.clip(np.ceil(left).astype(np.int64) - begin, 0, len(mono) - 1)
    last = np.clip(np.ceil(right).astype(np.int64) + 1 - begin, first + 1, len(mono))
    return _reduced(mono, mono, first, last)


def _interpolated(clip: Clip, left: NDArray, right: NDArray) -> NDArray[np.float32]:
    centres = np.clip((left + right) / 2, 0, clip.frames - 1)
    begin, end = math.floor(centres[0]), min(clip.frames, math.floor(centres[-1]) + 2)
    mono = _mono(clip.read(begin, end))
    return np.interp(centres - begin, np.arange(len(mono)), mono).astype(np.float32)


def _from_levels(peaks: Peaks, left: NDArray, right: NDArray, per_column: float) -> Columns:
    wanted = int(math.log(per_column / 2 / BASE, FACTOR) + 1e-9)
    level = max(0, min(wanted, len(peaks.levels) - 1))
    low, high = peaks.levels[level]
    block = BASE * FACTOR**level
    first = np.clip(np.floor(left / block).astype(np.int64), 0, len(low) - 1)
    last = np.clip(np.ceil((right + 1) / block).astype(np.int64), first + 1, len(low))
    return _reduced(low, high, first, last)


def _sparse(clip: Clip, left: NDArray, right: NDArray) -> Columns:
    """A few samples under each column; under some columns only where the file must be decoded to get there."""
    starts = np.clip(((left + right) / 2).astype(np.int64), 0, max(clip.frames - _PROBE, 0))
    pick = getattr(clip.source, "pick", None)
    if pick is not None:
        found = _mono(pick(starts, min(_PROBE, clip.frames)))
        return found.min(axis=1), found.max(axis=1)
    chosen = np.unique(np.linspace(0, len(starts) - 1, min(_SEEKS, len(starts))).astype(int))
    blocks = [_mono(clip.read(int(starts[i]), int(starts[i]) + 4 * _PROBE)) for i in chosen]
    nearest = np.abs(np.arange(len(starts))[:, None] - chosen[None, :]).argmin(axis=1)
    low = np.array([block.min() for block in blocks], np.float32)
    high = np.array([block.max() for block in blocks], np.float32)
    return low[nearest], high[nearest]
