"""How much is left of a sound behind what changes it: a curve over time, of both as they come."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine import dsp

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Array = NDArray[np.float32]

RATE = 100
"""Values a second."""
_SILENT = 1e-12  # power under which nothing is heard, nor was anything lost


class Ratio:
    """`value` of the ratio of the powers after and before, smooth over `spread` values to either side.

    With `hold` it is the least of so many values to either side: what rises for less than twice as long stays low.
    Both sounds come in blocks of the same length; `at` gives the curve for the samples that are known already.
    """

    def __init__(
        self,
        rate: int,
        spread: int,
        value: Callable[[Array], Array],
        hold: int = 0,
        low: float = 0.0,
        high: float = np.inf,
        past: int = 0,
    ) -> None:
        """Powers are those between `low` and `high` hertz.

        With `past` each value is from those before it alone, as many as otherwise lie around it; what comes of
        them is smoothed over 2 past values, from 0 on. It is known at once, and so late.
        """
        self._size = rate // RATE
        hertz = np.fft.rfftfreq(self._size, 1 / rate)
        self._band = (hertz >= low) & (hertz < high)
        self._shape = dsp.window("hann", self._size)[:, None]
        self._value = value
        ahead = not past
        self._powers, self._values = _smooth(spread, ahead), _smooth(past or spread, ahead, from_0=not ahead)
        self._unknown = 1.0 if ahead else 0.0
        self._least = _Around(hold, lambda rows: rows.min(axis=-1), ahead)
        self.behind = (2 * spread + hold + 2) / RATE if ahead else 2 / RATE
        """Seconds that the curve lags, at most; its values are for hundredths that are over."""
        self._rest = np.zeros((0, 2), np.float32)
        self._curve: Array = np.zeros(0, np.float32)
        self._first = 0
        self._ended = False

    @property
    def known(self) -> float:
        """Seconds from the beginning for which the curve is known."""
        return np.inf if self._ended else (self._first + len(self._curve) - 0.5) / RATE

    def push(self, before: Array, after: Array) -> None:
        """Samples [n] of both."""
        sound = np.concatenate([self._rest, np.stack([before, after], axis=1)])
        count = len(sound) // self._size
        self._rest = sound[count * self._size :]
        self._add(sound[: count * self._size].reshape(count, self._size, 2))

    def flush(self) -> None:
        """Nothing more comes: the curve goes on as it ended."""
        if len(self._rest):
            missing = self._size - len(self._rest)
            self._add(np.pad(self._rest, ((0, missing), (0, 0)))[None])
        if self._powers.empty:
            self._ended = True
            return
        rest = np.concatenate([self._least.push(self._of(self._powers.flush())), self._least.flush()])
        self._curve = np.concatenate([self._curve, self._values.push(rest)[:, 0], self._values.flush()[:, 0]])
        self._ended = True

    def at(self, first: int, count: int, rate: float) -> Array:
        """The curve [count] at samples of a sound at `rate`; what lies before the first of them is forgotten."""
        place = (np.arange(first, first + count) / rate) * RATE - 0.5 - self._first
        found = (
            np.interp(place, np.arange(len(self._curve)), self._curve)
            if len(self._curve)
            else np.full(count, self._unknown)
        )
        gone = min(max(0, int(first / rate * RATE) - 2 - self._first), max(0, len(self._curve) - 2))
        self._curve, self._first = self._curve[gone:], self._first + gone
        return np.asarray(found, np.float32)

    def _add(self, framed: Array) -> None:
        """Frames [T, size, 2]."""
        spectrum = np.fft.rfft(framed * self._shape, axis=1)[:, self._band]
        power = np.square(np.abs(spectrum)).mean(axis=1) / self._size
        new = self._values.push(self._least.push(self._of(self._powers.push(power))))
        self._curve = np.concatenate([self._curve, new[:, 0]])

    def _of(self, powers: NDArray[np.floating]) -> Array:
        return self._value((powers[:, 1:] + _SILENT) / (powers[:, :1] + _SILENT)).astype(np.float32)


class _Around:
    """Rows [n, k] in, as many out, each from those up to `spread` rows away; the ends go on as they are.

    Not `ahead`: each from itself and the 2 spread rows before it. `from_0`: before the first there are zeros.
    """

    def __init__(
        self,
        spread: int,
        of: Callable[[NDArray[np.floating]], NDArray[np.floating]],
        ahead: bool = True,
        from_0: bool = False,
    ) -> None:
        """`of` maps the rows around each [n, k, 2 spread + 1] to [n, k]."""
        self._spread, self._of, self._begin = spread, of, 0.0 if from_0 else 1.0
        self._ahead = spread if ahead else 0
        self._kept: NDArray[np.floating] | None = None

    def push(self, rows: NDArray[np.floating]) -> NDArray[np.floating]:
        if not len(rows):
            return rows
        if self._kept is None:
            self._kept = np.repeat(self._begin * rows[:1], 2 * self._spread - self._ahead, axis=0)
        kept = np.concatenate([self._kept, rows])
        count = max(0, len(kept) - 2 * self._spread)
        self._kept = kept[count:]
        if not count:
            return rows[:0]
        return self._of(np.lib.stride_tricks.sliding_window_view(kept, 2 * self._spread + 1, axis=0))

    @property
    def empty(self) -> bool:
        return self._kept is None

    def flush(self) -> NDArray[np.floating]:
        assert self._kept is not None
        return self.push(np.repeat(self._kept[-1:], self._ahead, axis=0))


def _smooth(spread: int, ahead: bool, from_0: bool = False) -> _Around:
    shape = dsp.window("hann", 2 * spread + 2)[1:]
    return _Around(spread, lambda rows: rows @ (shape / shape.sum()), ahead, from_0)
