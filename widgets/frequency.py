"""The frequency axis of a spectrogram: round frequencies where its rows, evenly spaced or not, have them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from widgets import axis

if TYPE_CHECKING:
    from widgets.strip import Strip

_ROUND = (50, 100, 200, 500, 1000, 2000, 3000, 4000, 6000, 8000, 10000, 12000, 16000, 20000, 24000)


def rows_of(strip: Strip) -> np.ndarray | None:
    """The rows of a strip in rising hertz [N]; None where they are no frequencies."""
    rows = strip.series.rows
    if strip.series.axis == "mfcc" or len(rows) < 2 or isinstance(rows[0], str):
        return None
    found = np.asarray(rows, float)
    return found if found[-1] > found[0] else None


def frequency_marks(strip: Strip, height: float) -> list[tuple[float, str]]:
    """Shares of the height from the top, with texts, at least 16 pixels apart; empty without frequencies."""
    rows = rows_of(strip)
    if rows is None:
        return []
    found: list[tuple[float, str]] = []
    if np.ptp(np.diff(rows)) < 1e-3 * rows[-1]:
        step = axis.round_step((rows[-1] - rows[0]) * 22 / max(height, 22))
        low, high = int(np.ceil(rows[0] / step)), int(np.floor(rows[-1] / step + 0.01))
        return [(share(rows, each * step), axis.hertz(each * step)) for each in range(low, high + 1)]
    inside = [each for each in _ROUND if rows[0] <= each <= rows[-1] * 1.02]
    for each in sorted(inside, key=lambda value: (-_roundness(value), -value)):
        at = share(rows, each)
        if all(abs(at - other) * height >= 16 for other, _ in found):
            found.append((at, axis.hertz(each)))
    return found


def share(rows: np.ndarray, frequency: float) -> float:
    """Where a frequency lies, from 0 at the top to 1."""
    row = np.interp(frequency, rows, np.arange(len(rows)))
    return float(1 - (row + 0.5) / len(rows))


def frequency(rows: np.ndarray, at: float) -> float:
    """The frequency at a share of the height from the top."""
    return float(np.interp((1 - at) * len(rows) - 0.5, np.arange(len(rows)), rows))


def _roundness(value: float) -> int:
    return 3 if value in (8000, 4000, 1000) else 2 if value in (2000, 500, 16000) else 1
