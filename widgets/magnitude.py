"""Charts of how large the gradients of a network's weights were: the middle of each layer, and all at one step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.events import MAGNITUDES
from widgets.chart import Chart, Line, Mark, Scale
from widgets.ticks import short

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.events import Step
    from widgets.quantity import Run, Wish

INKS = ("0", "2", "3", "4", "5", "1")
EDGES = 10.0 ** (np.arange(-1, len(MAGNITUDES) + 1) / 3) * MAGNITUDES[0]
"""Edges of all bars [n + 1]: what lies below and above MAGNITUDES has one at either end."""


def middles(run: Run, wish: Wish) -> list[Line]:
    """For each layer the size that half of its gradients exceed, over the course of a run."""
    counted = run.history.counted
    names = list(dict.fromkeys(name for each in counted for name in each.magnitudes or ()))
    lines = []
    for index, name in enumerate(names):
        mine = [each for each in counted if name in (each.magnitudes or ())]
        x = run.record.place([each.step for each in mine], wish.axis)
        y = np.array([middle((each.magnitudes or {})[name]) for each in mine])
        lines.append(Line(name, x, y, INKS[index % len(INKS)], "points"))
    return lines


def middle(counts: Sequence[int]) -> float:
    """The median of values that are known by their counts alone: in its bar, in proportion of the logarithm."""
    total = np.concatenate([[0.0], np.cumsum(counts, dtype=float)])
    place = float(np.interp(total[-1] / 2, total, np.arange(len(EDGES)))) if total[-1] else 0.0
    return float(EDGES[0] * 10.0 ** (place / 3))


def histogram(run: Run) -> Chart:
    """How many weights had gradients of which size, at the step whose network is looked at, or the newest."""
    step = looked_at(run)
    if step is None:
        return Chart((), (), Scale("size of a gradient", log=True), Scale("weights"))
    counts = np.sum(list((step.magnitudes or {}).values()), axis=0)
    there = np.flatnonzero(counts)
    first, last = max(int(there[0]) - 1, 0), min(int(there[-1]) + 2, len(counts))
    bars = Line("weights", EDGES[first : last + 1], np.append(counts[first:last], 0.0), look="bars")
    said = f"weights, of {short(int(counts.sum()))}, at step {step.step} in epoch {step.epoch}"
    at = middle(counts.tolist())
    return Chart(
        (bars,),
        (Mark(at, f"half of them are above {short(at, 2)}", "muted", True),),
        Scale("size of a gradient", log=True),
        Scale(said),
    )


def looked_at(run: Run) -> Step | None:
    """The step that tells of the network that is looked at: the last one up to it."""
    counted, at = run.history.counted, run.history.at
    before = [each for each in counted if at is None or at < 0 or each.step <= at]
    return before[-1] if before else counted[0] if counted else None
