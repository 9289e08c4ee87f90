"""A line through many points, made without a Python object for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtGui import QPolygonF
from shiboken6 import VoidPtr

if TYPE_CHECKING:
    from numpy.typing import NDArray


def polyline(x: NDArray[np.floating], y: NDArray[np.floating]) -> QPolygonF:
    """The points (x[i], y[i]) in pixels."""
    line = QPolygonF()
    line.resize(len(x))
    if len(x):
        # A QPointF is two doubles, side by side.
        memory: Any = VoidPtr(line.data(), 16 * len(x), True)  # type: ignore[call-arg, arg-type]  # a short stub
        points = np.frombuffer(memory, np.float64).reshape(-1, 2)
        points[:, 0], points[:, 1] = x, y
    return line


def stretches(y: NDArray[np.floating]) -> list[slice]:
    """Where y has numbers without a gap: a line is not drawn over NaN."""
    known = np.flatnonzero(np.diff(np.concatenate(([False], np.isfinite(y), [False])).astype(np.int8)))
    return [slice(int(begin), int(end)) for begin, end in known.reshape(-1, 2)]
