"""A growing sequence: nobody who holds one sees it change, and a longer one shares what it holds."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar, overload

T = TypeVar("T")


class Growing(Sequence[T]):
    """A tuple of 100 000 takes a millisecond to lengthen, at every tick of the window; this takes one of the new.

    It is the beginning of a list that only the longest of its kin appends to.
    """

    __slots__ = ("_items", "_length")

    def __init__(self, items: Iterable[T] = ()) -> None:
        self._items = list(items)
        self._length = len(self._items)

    def plus(self, more: Iterable[T]) -> Growing[T]:
        """A longer one. One that was lengthened before is copied."""
        longer: Growing[T] = Growing()
        longer._items = self._items if len(self._items) == self._length else self._items[: self._length]
        longer._items.extend(more)
        longer._length = len(longer._items)
        return longer

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[T, ...]: ...
    def __getitem__(self, index: Any) -> Any:
        if not isinstance(index, slice):
            return self._items[range(self._length)[index]]
        first, last, step = index.indices(self._length)
        if step < 0:
            return tuple(self._items[each] for each in range(first, last, step))
        return tuple(self._items[first:last:step])

    def __iter__(self) -> Iterator[T]:
        return itertools.islice(self._items, self._length)
