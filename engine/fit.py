"""Fit: whether a network has learnt too little, too much by heart, or what holds for new data too."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

import numpy as np

from engine.steps import Steps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.events import Evaluated, Step

    Verdict = Literal["", "underfit", "ok", "overfit"]

FEWEST = 3
"""Evaluations on held-out data before anything is said."""
RISEN, APART, UNLEARNT = 1.05, 2.0, 0.5


def verdict(steps: Sequence[Step], evaluated: Sequence[Evaluated]) -> Verdict:
    """The fit of a run by the gap between its losses on training and on held-out data; "" if that is not known.

    overfit: the held-out loss is 5 % above its lowest while the training loss went on falling, or it is twice the
    training loss. underfit: else, where more than half of the first training loss is left, or more than half of
    what is held out is wrong. ok: else.
    """
    held = [each for each in evaluated if each.split == "valid" and math.isfinite(each.loss)]
    if len(held) < FEWEST:
        return ""
    learnt = _training(steps, evaluated, [each.step for each in held])
    best = min(range(len(held)), key=lambda index: held[index].loss)
    last, now, then, first = held[-1], learnt[-1], learnt[best], learnt[0]
    if not (math.isfinite(now) and math.isfinite(then)):
        return ""
    if (last.loss > RISEN * held[best].loss and now < then) or last.loss > APART * now > 0:
        return "overfit"
    beginning = steps[0].loss if len(steps) and math.isfinite(steps[0].loss) else first
    return "underfit" if now > UNLEARNT * beginning or last.error > UNLEARNT else "ok"


def _training(steps: Sequence[Step], evaluated: Sequence[Evaluated], at: list[int]) -> list[float]:
    """The training loss at each of the steps `at`: as evaluated, or the mean of the steps since the one before."""
    tried = {each.step: each.loss for each in evaluated if each.split == "train"}
    table = Steps.of(steps).table(0, len(steps))
    numbers, losses = table["step"], table["loss"]
    found, before = [], 0
    for step in at:
        if step in tried:
            found.append(tried[step])
        else:
            since = losses[slice(*np.searchsorted(numbers, (before, step), "right"))]
            since = since[np.isfinite(since)]
            found.append(float(since.mean()) if len(since) else math.nan)
        before = step
    return found
