"""Undo: what was changed of a document, so that it can be taken back and made again."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Write = Callable[[str, Any], None]
    """Replaces the value of a key."""

_MOST = 200
"""Changes that can be taken back."""


@dataclass(eq=False)
class _Entry:
    key: str
    before: Any
    after: Any
    merge: str | None
    group: object = None

    @property
    def idle(self) -> bool:
        """A mark after which nothing has changed yet."""
        return self.before is self.after


class Undo:
    """The changes that were made, and those that were taken back."""

    def __init__(self) -> None:
        self._done: list[_Entry] = []
        self._undone: list[_Entry] = []
        self._group: object = None

    @property
    def edited(self) -> bool:
        """Whether there is something to take back."""
        return any(not each.idle for each in self._done)

    def add(self, key: str, before: Any, after: Any, merge: str | None) -> None:
        """A change was made: another one, or with the `merge` word of the last one a part of that."""
        self._undone.clear()
        last = self._done[-1] if self._done else None
        if merge is not None and last is not None and (last.key, last.merge) == (key, merge):
            last.after = after
        else:
            self._push(_Entry(key, before, after, merge, self._group))

    def mark(self, key: str, now: Any, merge: str | None) -> None:
        """From here on `key` may change by itself: an entry that `amend` fills."""
        self._done = [each for each in self._done if not each.idle]
        self._undone = [each for each in self._undone if each.key != key]
        self._push(_Entry(key, now, now, merge))

    def amend(self, key: str, before: Any, after: Any) -> None:
        """A value has changed by itself: that is a part of its last change, wherever that lies."""
        last = next((each for each in reversed(self._done) if each.key == key), None)
        if last is not None and last.after is before:
            last.after = after
        for each in self._undone:
            if each.key == key and each.before is before:
                each.before = after

    @contextlib.contextmanager
    def as_one(self) -> Iterator[None]:
        """All that is changed inside is taken back together."""
        self._group = object()
        try:
            yield
        finally:
            self._group = None

    def end_merge(self) -> None:
        """What follows is a new entry."""
        if self._done:
            self._done[-1].merge = None

    def forget(self) -> None:
        """There is nothing to take back any more."""
        self._done.clear()
        self._undone.clear()

    def undo(self, write: Write) -> bool:
        """Take the last change back. False where there is none."""
        return _moved(self._done, self._undone, "before", write)

    def redo(self, write: Write) -> bool:
        """Make the change last taken back again. False where there is none."""
        return _moved(self._undone, self._done, "after", write)

    def _push(self, entry: _Entry) -> None:
        self._done.append(entry)
        del self._done[:-_MOST]


def _moved(source: list[_Entry], target: list[_Entry], which: str, write: Write) -> bool:
    moved: _Entry | None = None
    for entry in [each for each in reversed(source) if not each.idle]:  # a mark stays where it is
        if moved is not None and (entry.group is None or entry.group is not moved.group):
            break
        source.remove(entry)
        entry.merge = None
        target.append(entry)
        write(entry.key, getattr(entry, which))
        moved = entry
    return moved is not None
