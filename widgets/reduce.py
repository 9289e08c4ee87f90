"""Frames to pixels: only the columns that can be seen, one per pixel, by the value that must not be lost."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

How = Literal["peak", "most", "mean"]
"""What stands for many values: the one farthest from 0, the largest, or their mean."""
_FEW = 8


class Columns(NamedTuple):
    """Reduced values [n, N] for the pixels `first` to `first + n` of a plot; the rest have no data."""

    first: int
    values: NDArray[np.float32]


def columns(
    values: NDArray[np.float32], rate: float, first: float, start: float, stop: float, width: int, how: How
) -> Columns:
    """Frames [T, N] of which frame t is centred at `first + t / rate`, over `width` pixels from start to stop.

    A frame fills its time from half a frame before its centre to half a frame after it.
    """
    edges = (start + (stop - start) / width * np.arange(width + 1) - first) * rate + 0.5
    begin = int(np.searchsorted(edges[1:], 0.0, "right"))
    end = int(np.searchsorted(edges[:-1], len(values), "left"))
    if end <= begin or not len(values):
        return Columns(0, values[:0])
    per_pixel = (stop - start) * rate / width
    if per_pixel <= 1.0:
        centres = (edges[begin:end] + edges[begin + 1 : end + 1]) / 2
        return Columns(begin, values[np.clip(np.floor(centres).astype(int), 0, len(values) - 1)])
    bounds = np.clip(np.floor(edges[begin : end + 1]).astype(int), 0, len(values))
    return Columns(begin, grouped(values, bounds, how))


def grouped(values: NDArray[np.float32], bounds: NDArray[np.int64], how: How) -> NDArray[np.float32]:
    """One row for each stretch bounds[i] to bounds[i + 1] of the first axis; none of them is empty."""
    last = len(values) - 1
    starts = np.clip(bounds[:-1], 0, last)
    part = values[: max(int(bounds[-1]), int(starts[-1]) + 1)]
    sizes = np.diff(bounds)
    if len(sizes) and int(sizes.max()) <= _FEW:
        return _folded(part, starts, sizes, how)
    if how == "mean":
        sums: NDArray[np.float32] = np.add.reduceat(part, starts, axis=0)
        return sums / _column(np.maximum(sizes, 1), sums)
    high = np.maximum.reduceat(part, starts, axis=0)
    if how == "most":
        return high
    low = np.minimum.reduceat(part, starts, axis=0)
    return np.where(-low > high, low, high)


def _folded(
    part: NDArray[np.float32], starts: NDArray[np.int64], sizes: NDArray[np.int64], how: How
) -> NDArray[np.float32]:
    """Short stretches, a turn for each length: several times as fast as reduceat, which is made for long ones."""
    made = part[starts]
    if how != "mean" and 2 * np.count_nonzero(sizes > 1) >= len(sizes):
        return _merged(part, made, starts, sizes, how)
    several = np.flatnonzero(sizes > 1)
    high = made[several]
    low = high.copy()
    fold = np.add if how == "mean" else np.maximum
    for count in range(1, int(sizes.max(initial=0))):
        longer = np.flatnonzero(sizes[several] > count)
        more = part[starts[several[longer]] + count]
        high[longer] = fold(high[longer], more)
        if how == "peak":
            low[longer] = np.minimum(low[longer], more)
    if how == "mean":
        high /= _column(sizes[several], high)
    elif how == "peak":
        np.copyto(high, low, where=-low > high)
    made[several] = high
    return made


def _merged(
    part: NDArray[np.float32],
    made: NDArray[np.float32],
    starts: NDArray[np.int64],
    sizes: NDArray[np.int64],
    how: How,
) -> NDArray[np.float32]:
    """The same for all stretches at once: a short one takes its last value again, which changes no extreme."""
    high, low = made, made.copy() if how == "peak" else made
    for count in range(1, int(sizes.max(initial=0))):
        more = part[starts + np.clip(sizes - 1, 0, count)]
        if how == "peak":
            np.minimum(low, more, out=low)
        np.maximum(high, more, out=high)
    if how == "peak":
        np.copyto(high, low, where=-low > high)
    return high


def _column(counts: NDArray[np.int64], like: NDArray[np.float32]) -> NDArray[np.float32]:
    """Counts [n] that divide an array [n, ...]."""
    return counts.astype(np.float32).reshape(-1, *[1] * (like.ndim - 1))


def fewer_rows(values: NDArray[np.float32], height: int, how: How) -> NDArray[np.float32]:
    """Columns [n, N] with at most `height` rows each."""
    rows = values.shape[1]
    if rows <= height or height < 1 or not len(values):
        return values
    bounds, weights = _shares(rows, height)
    if how == "mean":
        with np.errstate(invalid="ignore"):
            means: NDArray[np.float32] = values @ weights
        if not np.isnan(means).any():
            return means
        # A product spreads what is no number over a whole frame; only the rows that hold it are to be without one.
    elif len(values) <= _FEW:
        high = np.maximum.reduceat(values, bounds[:-1], axis=1)
        low = np.minimum.reduceat(values, bounds[:-1], axis=1) if how == "peak" else high
        return np.where(-low > high, low, high) if how == "peak" else high
    # A view of rows: it is drawn row by row.
    return grouped(np.ascontiguousarray(values.T), bounds, how).T


@functools.lru_cache(64)
def _shares(rows: int, height: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Which of `rows` share one of `height` pixels, as bounds, and as weights [rows, height] that give means."""
    bounds = np.arange(height + 1) * rows // height
    sizes = np.diff(bounds)
    return bounds, np.repeat(np.diag((1 / sizes).astype(np.float32)), sizes, axis=0)


def envelope(samples: NDArray[np.float32], bounds: NDArray[np.int64]) -> tuple[NDArray, NDArray]:
    """Least and greatest sample of each stretch bounds[i] to bounds[i + 1]; an empty one takes one sample."""
    starts = np.clip(bounds[:-1], 0, len(samples) - 1)
    part = samples[: max(int(bounds[-1]), int(starts[-1]) + 1)]
    return np.minimum.reduceat(part, starts), np.maximum.reduceat(part, starts)


def order(values: NDArray[np.float32], sort: str) -> NDArray[np.int64] | None:
    """The rows of [T, N] from first to last to be drawn: by `correlation` or by `peak` time; None as they are.

    Correlation: along the first principal direction of the normalised units, so that those that move together
    lie together and those that move against each other lie apart.
    """
    if sort == "index" or values.shape[1] < 3 or len(values) < 2:
        return None
    if sort == "peak":
        return np.argsort(np.argmax(np.abs(values), axis=0), kind="stable")
    step = max(1, len(values) // 1000)
    centred = values[::step] - values[::step].mean(axis=0)
    centred /= centred.std(axis=0) + 1e-6
    weights = np.linalg.eigh(centred.T @ centred)[1][:, -2:]
    # The angle in the plane of the two main directions is a circle; it is cut where the units are fewest.
    angle = np.arctan2(weights[:, 1], weights[:, 0])
    ranked = np.argsort(angle, kind="stable")
    gaps = np.diff(np.append(angle[ranked], angle[ranked[0]] + 2 * np.pi))
    return np.roll(ranked, -int(np.argmax(gaps)) - 1)
