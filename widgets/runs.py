"""The history of a run as arrays, converted only as far as it grew; and smoothing that goes on likewise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.steps import Steps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engine.events import Step
    from engine.session import History

    Values = NDArray[np.float64]

MEASURED = ("lr", "gradient", "clipped", "angle", "weights", "seconds", "busy", "frames", "memory", "mask")
"""What a step tells besides the terms of its loss."""
_OWN = (*MEASURED, "step", "epoch", "loss", "speed", "milliseconds", "megabytes", "time")
_LONGEST = 1e6
"""Seconds that a step takes at the most; more is no time."""


class Record:
    """A run by columns [n], a row a step: `step`, `epoch`, `loss`, each of `Step.values`, NaN where it has none.

    And `speed`, frames a second; `milliseconds`, those of a step; `megabytes` of memory; `time`, the seconds that
    this step and those before took. A run that went back to an earlier step is recorded as it went on from there.
    """

    def __init__(self) -> None:
        self._forget()

    def _forget(self) -> None:
        self.count = 0
        self._seen = 0
        self._last: Step | None = None
        self._columns: dict[str, Values] = {}
        self._smooth: dict[str, _Smooth] = {}

    @property
    def terms(self) -> list[str]:
        """The names of the terms of the loss."""
        return sorted(set(self._columns) - set(_OWN))

    def __getitem__(self, name: str) -> Values:
        """A column; all NaN where no step has it."""
        column = self._columns.get(name)
        return np.full(self.count, np.nan) if column is None else column[: self.count]

    def take(self, history: History) -> None:
        """Convert what is new."""
        steps = Steps.of(history.steps)
        if self._seen > len(steps) or (self._seen and steps[self._seen - 1] != self._last):
            self._forget()  # another run
        if len(steps) > self._seen:
            self._append(steps.table(self._seen, len(steps)))
            self._seen, self._last = len(steps), steps[-1]

    def _append(self, columns: dict[str, Values]) -> None:
        nan = float("nan")
        kept = lasting(columns["step"])
        columns = {name: column[kept] for name, column in columns.items()}
        first = int(np.searchsorted(self["step"], columns["step"][0]))
        if first < self.count:  # it went back
            self.count = first
            self._smooth.clear()
        seconds = columns.get("seconds", np.full(len(columns["step"]), nan))
        frames = columns.get("frames", seconds * nan)
        with np.errstate(all="ignore"):
            columns["speed"] = np.where(seconds > 0, frames / seconds, nan)
            columns["milliseconds"] = 1e3 * seconds
            columns["megabytes"] = 1e-6 * columns.get("memory", seconds * nan)
        took = np.clip(np.nan_to_num(seconds), 0.0, _LONGEST)
        columns["time"] = np.cumsum(took) + (self["time"][-1] if self.count else 0.0)
        begin, self.count = self.count, self.count + len(columns["step"])
        for name in columns.keys() | self._columns.keys():
            column = grown(self._columns.get(name, np.zeros(0)), self.count, begin)
            column[begin : self.count] = columns.get(name, nan)
            self._columns[name] = column

    def smooth(self, name: str, width: float) -> Values:
        """A column smoothed over about `width` steps; see `smoothed`."""
        known = self._smooth.get(name)
        if known is None or known.width != width:
            known = self._smooth[name] = _Smooth(width)
        return known.of(self[name])

    def along(self, axis: str) -> Values:
        """Where the steps lie along `step`, `epoch` or `time`: in steps, in whole data sets, in seconds."""
        if axis != "epoch":
            return self[axis]
        epoch, step = self["epoch"], self["step"]
        turns = np.flatnonzero(np.diff(epoch) > 0) + 1
        # Epoch e begins after e times as many steps as it has.
        return (step - 1) * (epoch[turns[-1]] / (step[turns[-1]] - 1)) if len(turns) else epoch

    def place(self, steps: Sequence[float] | Values, axis: str) -> Values:
        """Where some steps lie along an axis."""
        asked = np.asarray(steps, float)
        return asked if axis == "step" or not self.count else np.interp(asked, self["step"], self.along(axis))


class _Smooth:
    """A smoothed column, and what it takes to go on with it."""

    def __init__(self, width: float) -> None:
        self.width = width
        self._made = np.zeros(0)
        self._count = 0
        self._carry = (0.0, 0.0)

    def of(self, values: Values) -> Values:
        begin, end = self._count, len(values)
        if end > begin:
            self._made = grown(self._made, end, begin)
            self._made[begin:end], self._carry = smoothed(values[begin:], self.width, self._carry)
            self._count = end
        return self._made[:end]


def smoothed(
    values: Values, width: float, carry: tuple[float, float] = (0.0, 0.0)
) -> tuple[Values, tuple[float, float]]:
    """The mean of each value x[t] and all before it, with weights that fall by a = 1 - 1 / width a step.

    s[t] = sum_j a^j x[t - j] / sum_j a^j, over what is a number; where x[t] is none, s[t] is none. `carry`,
    returned too, stands for the values before the first. In log2(n) passes: a sum over 2k values is two over k.
    """
    decay = 1.0 - 1.0 / width
    known = np.abs(values) < np.inf
    sums = np.stack([np.where(known, values, 0.0), known.astype(float)]) / width
    if len(values):
        sums[:, 0] += decay * np.asarray(carry)
    reach, weight = 1, decay
    while reach < len(values) and weight > 1e-18:
        sums[:, reach:] += weight * sums[:, :-reach]
        reach, weight = 2 * reach, weight * weight
    made = np.divide(sums[0], sums[1], out=np.full(len(values), np.nan), where=known)
    return made, (float(sums[0, -1]), float(sums[1, -1])) if len(values) else carry


def lasting(steps: Values) -> NDArray[np.bool_]:
    """Which rows [n] hold: those that no later row goes back to, or before."""
    later = np.minimum.accumulate(np.append(steps[1:], np.inf)[::-1])[::-1]
    return steps < later


def grown(column: Values, count: int, filled: int) -> Values:
    """The column with room for `count` values, of which the first `filled` are kept; NaN where it was shorter."""
    if count <= len(column):
        return column
    # What is beyond `count` is not written: memory that nobody has touched is not taken.
    made, old = np.empty(max(count, 2 * len(column))), min(filled, len(column))
    made[:old], made[old:count] = column[:filled], np.nan
    return made
