"""The bootstrap: how sure a mean or a ratio is, by drawing the same clips again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

DRAWS = 2000
LEVEL = 0.95


def interval(
    values: Sequence[float], over: Sequence[float] | None = None, seed: int = 0
) -> tuple[float, float, float]:
    """sum(values) / sum(over), and the ends of its 95 % interval; `over` is 1 for each unless given, a mean then.

    Clips are drawn with their denominators, so that a long one counts as often as it is drawn. Source: Efron,
    "Bootstrap methods: another look at the jackknife", 1979; the percentiles of DRAWS draws. Raises ValueError
    without values.
    """
    if not len(values):
        raise ValueError("there is nothing to draw from")
    above = np.asarray(values, np.float64)
    below = np.ones(len(above)) if over is None else np.asarray(over, np.float64)
    drawn = np.random.default_rng(seed).integers(len(above), size=(DRAWS, len(above)))
    ratios = above[drawn].sum(axis=1) / np.maximum(below[drawn].sum(axis=1), 1e-12)
    low, high = np.quantile(ratios, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(above.sum() / max(below.sum(), 1e-12)), float(low), float(high)
