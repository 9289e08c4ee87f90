"""A line through any number of values as few points: what is drawn of it in columns of a pixel each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from widgets.chart import Scale

    Values = NDArray[np.floating]
    Places = NDArray[np.float64]
    Points = tuple[Places, Places]


def outline(
    x: Values, y: Values, look: str, x_scale: Scale, y_scale: Scale, start: float, stop: float, width: int
) -> Points:
    """A line of a chart from start to stop, in places of its axes and in at most two points a column."""
    low, high = x_scale.value(start), x_scale.value(stop)
    if look in ("steps", "bars"):
        begin = max(int(np.searchsorted(x, low, "right")) - 1, 0)
        end = int(np.searchsorted(x, high, "right")) + (look == "bars")
        edges, v = x[begin:end], y_scale.forward(y[begin:end])
        edges = np.append(edges, high) if look == "steps" else edges
        u = np.clip(x_scale.forward(np.clip(edges, low, high)), start, stop)
        v = v if look == "steps" else v[:-1]
        return (np.repeat(u, 2)[1:-1], np.repeat(v, 2)) if len(v) else (u[:0], v[:0])
    first, last = int(np.searchsorted(x, low)), int(np.searchsorted(x, high, "right"))
    if last - first > 2 * width:
        return _columns(x[first:last], y_scale.forward(y[first:last]), x_scale, start, stop, width)
    begin, end = max(first - 1, 0), min(last + 1, len(x))
    return _cut(x_scale.forward(x[begin:end]), y_scale.forward(y[begin:end]), start, stop)


def _columns(x: Values, v: Places, scale: Scale, start: float, stop: float, width: int) -> Points:
    """The least and the greatest value of each of `width` columns from start to stop that has any."""
    edges = np.linspace(start, stop, width + 1)
    bounds = np.searchsorted(x, 10.0**edges if scale.log else edges)
    bounds[0], bounds[-1] = 0, len(x)
    filled = np.flatnonzero(np.diff(bounds))
    low, high = (fold.reduceat(v, bounds[filled]) for fold in (np.fmin, np.fmax))
    centres = (edges[filled] + edges[filled + 1]) / 2
    return np.repeat(centres, 2), np.stack([low, high], axis=1).ravel()


def _cut(u: Places, v: Places, start: float, stop: float) -> Points:
    """A line whose first and last point may lie outside: it ends where it leaves."""
    u, v = u.copy(), v.copy()
    for end, inner, edge in ((0, 1, start), (-1, -2, stop)):
        if len(u) > 1 and (u[end] < start or u[end] > stop):
            share = (edge - u[end]) / (u[inner] - u[end])
            u[end], v[end] = edge, v[end] + share * (v[inner] - v[end])
    inside = (u >= start) & (u <= stop)
    return u[inside], v[inside]
