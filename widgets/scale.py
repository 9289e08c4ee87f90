"""The colour range of series that have none of their own: learnt from the clip, and kept still while live."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from engine.trace import Key, Series

Range = tuple[float, float]
_LOOK = 120
"""Frames that are looked at to learn a range."""


class Scales:
    """A range holds nearly all values; of a signed series it reaches as far to both sides of 0.

    A stream begins with the range of the clip before it: its own first columns are hardly ever typical. Without
    one, its range grows with what comes.
    """

    def __init__(self, signed: bool) -> None:
        self._signed = signed
        self._clips: dict[Key, Range] = {}
        self._streams: dict[Key, Range] = {}

    def of_clip(self, key: Key, series: Series) -> Range:
        """The range for a recording."""
        self._clips[key] = found = self._learn(series.values)
        return found

    def of_stream(self, key: Key, series: Series) -> Range:
        """The range for a stream of which `series` are the newest columns."""
        known = self._streams.get(key) or self._clips.get(key)
        if known is None:
            self._streams[key] = known = self._learn(series.values)
        return known

    def widen(self, key: Key, seen: np.ndarray) -> bool:
        """Let the range of a stream that came without a clip grow by values [n, N]; True where it did."""
        old = self._streams.get(key)
        if old is None:
            return False
        low, high = self._learn(seen[~np.isnan(seen).any(axis=1)])
        self._streams[key] = new = min(old[0], low), max(old[1], high)
        return new != old

    def clear(self) -> None:
        """Another stream begins."""
        self._streams.clear()

    def _learn(self, values: np.ndarray) -> Range:
        part = values[:: max(1, len(values) // _LOOK)]
        if not part.size:
            return (-1e-6, 1e-6) if self._signed else (0.0, 1e-6)
        low, high = (float(each) for each in np.percentile(part, (1, 99.8)))
        if self._signed:
            high = max(abs(low), abs(high), 1e-6)
            low = -high
        return low, max(high, low + 1e-6)
