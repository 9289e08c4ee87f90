"""A ring: the last seconds of a live series, by time, with gaps where nothing came."""

from __future__ import annotations

import numpy as np

SECONDS = 30.0


class Ring:
    """Values [capacity, N], NaN where there are none. Frame n of the stream lies at n / rate seconds."""

    def __init__(self, rate: float, rows: int, seconds: float = SECONDS) -> None:
        self.rate, self.rows = rate, rows
        self.capacity = max(2, round(rate * seconds))
        self.values = np.full((self.capacity, rows), np.nan, np.float32)
        self.end = 0
        """The frame after the newest one, counted from 0 s of the stream."""

    def write(self, values: np.ndarray, time: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Columns [n, N] of which the first lies at `time`.

        Gives the values that were kept, their slots, and the slots of the gap before them, now empty.
        """
        begin = round(time * self.rate)
        if not self.end or abs(begin - self.end) > self.capacity:
            self.end = begin
        kept = values[-self.capacity :]
        begin += len(values) - len(kept)
        gap = np.arange(self.end, begin) % self.capacity
        slots = np.arange(begin, begin + len(kept)) % self.capacity
        self.values[gap] = np.nan
        self.values[slots] = kept
        self.end = max(self.end, begin + len(kept))
        return kept, slots, gap

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
        """The frames [n, N] between two times, oldest first, and the time of the first of them."""
        begin = max(int(np.floor(start * self.rate)), self.oldest)
        end = min(int(np.ceil(stop * self.rate)) + 1, self.end)
        return self.values[np.arange(begin, max(end, begin)) % self.capacity], begin / self.rate
