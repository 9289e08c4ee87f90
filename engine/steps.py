"""The steps of a run: a growing sequence in little memory. Nobody who holds one sees it change."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from types import MappingProxyType
from typing import Any, overload

from engine.events import Step


class Steps(Sequence[Step]):
    """A tuple of 100 000 takes a millisecond to lengthen, at every tick of the window, and 90 MB; this one of the
    new, and 8 MB. It is the beginning of columns of numbers that only the longest of its kin appends to.

    A value of a step that is NaN is as none.
    """

    __slots__ = ("_columns", "_length")

    def __init__(self, steps: Iterable[Step] = ()) -> None:
        self._columns = _Columns()
        for each in steps:
            self._columns.append(each)
        self._length = self._columns.count

    def plus(self, more: Iterable[Step]) -> Steps:
        """A longer one. One that was lengthened before is copied."""
        if self._columns.count > self._length:
            return Steps(self).plus(more)
        longer = Steps()
        longer._columns = self._columns
        for each in more:
            longer._columns.append(each)
        longer._length = longer._columns.count
        return longer

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, index: int) -> Step: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Step, ...]: ...
    def __getitem__(self, index: Any) -> Any:
        places = range(self._length)[index]
        return tuple(map(self._columns.step, places)) if isinstance(index, slice) else self._columns.step(places)

    def __iter__(self) -> Iterator[Step]:
        return map(self._columns.step, range(self._length))


_MOST = 1000
"""Names of values: a damaged record with others in every line would fill the memory."""


class _Columns:
    def __init__(self) -> None:
        self.count = 0
        self._steps, self._epochs, self._losses = array("q"), array("q"), array("d")
        self._values: dict[str, array[float]] = {}

    def append(self, step: Step) -> None:
        self._steps.append(step.step)
        self._epochs.append(step.epoch)
        self._losses.append(step.loss)
        nan = float("nan")
        for name in step.values.keys() - self._values.keys():
            if len(self._values) < _MOST:
                self._values[name] = array("d", [nan]) * self.count
        for name, column in self._values.items():
            column.append(step.values.get(name, nan))
        self.count += 1

    def step(self, at: int) -> Step:
        values = {name: value for name, column in self._values.items() if (value := column[at]) == value}
        return Step(self._steps[at], self._epochs[at], self._losses[at], MappingProxyType(values))
