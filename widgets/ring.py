"""The last seconds of a live stream: of a series, by time, with gaps where nothing came; and of sound."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from engine.trace import Key, Series

SECONDS = 30.0
Slots = slice | np.ndarray


class Ring:
    """Values [capacity, N], NaN where there are none. Frame n of the stream lies at n / rate seconds."""

    def __init__(self, rate: float, rows: int, seconds: float = SECONDS) -> None:
        self.rate, self.rows = rate, rows
        self.capacity = max(2, round(rate * seconds))
        self.values = np.full((self.capacity, rows), np.nan, np.float32)
        self.end = 0
        """The frame after the newest one, counted from 0 s of the stream."""

    def write(self, values: np.ndarray, time: float) -> tuple[np.ndarray, Slots, Slots]:
        """Columns [n, N] of which the first lies at `time`.

        Gives the values that were kept, their slots, and the slots of the gap before them, now empty.
        """
        begin = round(time * self.rate)
        if not self.end or abs(begin - self.end) > self.capacity:
            self.end = begin
        kept = values[-self.capacity :]
        begin += len(values) - len(kept)
        gap, slots = self._slots(self.end, begin), self._slots(begin, begin + len(kept))
        self.values[gap] = np.nan
        self.values[slots] = kept
        self.end = max(self.end, begin + len(kept))
        return kept, slots, gap

    def _slots(self, begin: int, end: int) -> Slots:
        """Where frames lie: in one piece, which is much faster, unless they reach over the end of the ring."""
        first, count = begin % self.capacity, max(0, end - begin)
        if first + count <= self.capacity:
            return slice(first, first + count)
        return np.arange(begin, end) % self.capacity

    @property
    def oldest(self) -> int:
        """The first frame that is still there."""
        return max(0, self.end - self.capacity)

    def at(self, time: float) -> np.ndarray | None:
        """The values [N] of the frame nearest to a time; None where there is none."""
        frame = int(np.floor(time * self.rate + 0.5))
        if not self.oldest <= frame < self.end:
            return None
        found: np.ndarray = self.values[frame % self.capacity]
        return None if np.isnan(found).any() else found

    def between(self, start: float, stop: float) -> tuple[np.ndarray, float]:
        """The frames [n, N] between two times, oldest first, and the time of the first of them.

        They are to be read before more is written.
        """
        begin = max(int(np.floor(start * self.rate)), self.oldest)
        end = min(int(np.ceil(stop * self.rate)) + 1, self.end)
        return self.values[self._slots(begin, end)], begin / self.rate


def keep(rings: dict[Key, Ring], key: Key, series: Series, seconds: float = SECONDS) -> None:
    """Write the new frames of a series into its ring, which is made anew where rows or rate are other ones."""
    ring = rings.get(key)
    if ring is None or ring.rows != series.values.shape[1] or ring.rate != series.rate:
        ring = rings[key] = Ring(series.rate, series.values.shape[1], seconds)
    ring.write(series.values, series.first)


class Tail:
    """The last `capacity` numbers of a stream without gaps, in one piece: they move once in so many."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._room = np.zeros(2 * capacity, np.float32)
        self._end = 0

    def add(self, values: np.ndarray) -> None:
        """Take more values [n]."""
        values = values[-self.capacity :]
        if self._end + len(values) > len(self._room):
            kept = self.values[len(values) :]
            self._room[: len(kept)] = kept
            self._end = len(kept)
        self._room[self._end : self._end + len(values)] = values
        self._end += len(values)

    @property
    def values(self) -> np.ndarray:
        """What there is, oldest first, to be read before more is added."""
        return self._room[max(0, self._end - self.capacity) : self._end]
