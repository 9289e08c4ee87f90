"""A lane: one clip on the player's clock, at the player's rate, readable from any sample on."""

from __future__ import annotations

import math
from collections import OrderedDict
from typing import TYPE_CHECKING

import numpy as np
import soxr

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.clip import Clip

_KEPT = 8  # pieces that stay resampled
_MARGIN = 512  # samples of the source on each side of a piece that the resampling filter may need


class Lane:
    """A clip that begins `start` seconds into the time line, as `channels` channels at `rate`, times `gain`.

    Where the rates differ, pieces of about half a second are resampled when they are first heard. A piece begins
    where a sample of the clip and one of the output coincide, so that all of them lie on one grid.
    """

    def __init__(self, clip: Clip, rate: int, channels: int = 2, gain: float = 1.0, start: float = 0.0) -> None:
        self.clip, self.rate, self.channels, self.gain = clip, rate, channels, np.float32(gain)
        self.start = round(start * rate)
        common = math.gcd(clip.rate, rate)
        self._up, self._down = rate // common, clip.rate // common
        self._length = math.ceil(clip.frames * self._up / self._down)
        self._periods = max(1, rate // 2 // self._up)  # common periods in a piece
        self._pieces: OrderedDict[int, NDArray[np.float32]] = OrderedDict()

    @property
    def end(self) -> int:
        """The frame after the last, on the time line at the player's rate."""
        return self.start + self._length

    def read(self, position: int, count: int) -> NDArray[np.float32]:
        """float32 [count, channels] from `position` on; silence outside the clip. Raises AudioError."""
        out = np.zeros((count, self.channels), np.float32)
        first, last = max(position, self.start), min(position + count, self.end)
        if first < last:
            out[first - position : last - position] = self._samples(first - self.start, last - self.start)
        return out

    def _samples(self, first: int, last: int) -> NDArray[np.float32]:
        if self._up == self._down:
            return self._mixed(self.clip.read(first, last))
        size = self._periods * self._up
        parts = []
        for index in range(first // size, (last - 1) // size + 1):
            piece = self._piece(index)
            parts.append(piece[max(first - index * size, 0) : last - index * size])
        return np.concatenate(parts)

    def _piece(self, index: int) -> NDArray[np.float32]:
        if index in self._pieces:
            self._pieces.move_to_end(index)
            return self._pieces[index]
        margin = math.ceil(_MARGIN / self._down)  # in common periods
        begin = max(0, index * self._periods - margin)
        source = self.clip.read(begin * self._down, ((index + 1) * self._periods + margin) * self._down)
        made = soxr.resample(self._mixed(source), self.clip.rate, self.rate, "HQ")
        offset = (index * self._periods - begin) * self._up
        count = min(self._periods * self._up, self._length - index * self._periods * self._up)
        piece = made[offset : offset + count].astype(np.float32, copy=False)
        if len(piece) < count:  # the last sample may be rounded away
            piece = np.pad(piece, ((0, count - len(piece)), (0, 0)))
        self._pieces[index] = piece
        if len(self._pieces) > _KEPT:
            self._pieces.popitem(last=False)
        return piece

    def _mixed(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """[n, clip channels] to [n, self.channels]: kept where equal, else the mean on all."""
        if samples.shape[1] != self.channels:
            samples = np.repeat(samples.mean(axis=1, keepdims=True, dtype=np.float32), self.channels, axis=1)
        return samples * self.gain
