"""The steps of a run: a growing sequence in little memory. Nobody who holds one sees it change."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from engine.events import Step

if TYPE_CHECKING:
    from numpy.typing import NDArray


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

    @classmethod
    def of(cls, steps: Sequence[Step]) -> Steps:
        """The same steps, kept so."""
        return steps if isinstance(steps, cls) else cls(steps)

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

    def thinned(self) -> Steps:
        """Half of what is older than the last quarter: of every four steps the two of the least and the greatest
        loss, so that a picture of all of it has the same outline. A loss that is no number counts as the greatest.
        """
        older = (self._length - self._length // 4) // 4 * 4
        losses = np.array(self._columns.losses[:older]).reshape(-1, 4)
        losses = np.where(np.isfinite(losses), losses, np.inf)
        first = 4 * np.arange(len(losses))
        ends = np.stack([first + losses.argmin(1), first + losses[:, ::-1].argmax(1) * -1 + 3], axis=1)
        kept = Steps()
        kept._columns = self._columns.rows(np.concatenate([np.sort(ends).ravel(), np.arange(older, self._length)]))
        kept._length = kept._columns.count
        return kept

    def table(self, start: int, stop: int) -> dict[str, NDArray[np.float64]]:
        """The steps from `start` to before `stop` by columns [n]: `step`, `epoch`, `loss`, and every value."""
        return self._columns.table(start, min(stop, self._length))

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
        self.steps, self.epochs, self.losses = array("q"), array("q"), array("d")
        self._values: dict[str, array[float]] = {}

    def append(self, step: Step) -> None:
        self.steps.append(step.step)
        self.epochs.append(step.epoch)
        self.losses.append(step.loss)
        nan = float("nan")
        for name in step.values.keys() - self._values.keys():
            if len(self._values) < _MOST:
                self._values[name] = array("d", [nan]) * self.count
        for name, column in self._values.items():
            column.append(step.values.get(name, nan))
        self.count += 1

    def step(self, at: int) -> Step:
        values = {name: value for name, column in self._values.items() if (value := column[at]) == value}
        return Step(self.steps[at], self.epochs[at], self.losses[at], MappingProxyType(values))

    def table(self, start: int, stop: int) -> dict[str, NDArray[np.float64]]:
        # Of slices: an array whose buffer is looked at cannot grow.
        columns: dict[str, array[Any]] = {
            **self._values,
            "step": self.steps,
            "epoch": self.epochs,
            "loss": self.losses,
        }
        return {name: np.array(column[start:stop], np.float64) for name, column in columns.items()}

    def rows(self, at: NDArray[np.int64]) -> _Columns:
        """Some of the rows, by their places in order."""
        some = _Columns()
        some.count = len(at)
        some.steps, some.epochs, some.losses = (_rows(each, at) for each in (self.steps, self.epochs, self.losses))
        some._values = {name: _rows(column, at) for name, column in self._values.items()}
        return some


def _rows(column: array[Any], at: NDArray[np.int64]) -> array[Any]:
    return array(column.typecode, np.frombuffer(column, column.typecode)[at].tobytes())
