"""Clips that are made when they are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, overload

from engine.clip import Clip

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.corpora.corpus import Corpus


class Drawn(Sequence[Clip]):
    """`count` clips; `make(index)` gives the same clip for the same index."""

    def __init__(self, count: int, make: Callable[[int], Clip]) -> None:
        self._count, self._make = count, make

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> Clip: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Clip]: ...
    def __getitem__(self, index: int | slice) -> Clip | Sequence[Clip]:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(f"clip {index} of {len(self)}")
        return self._make(index % len(self))


class Kept:
    """The clips of a corpus, each made once, which takes ten times as long as its features; of MOST one goes."""

    MOST = 1000
    """Some 100 to 150 kB each."""

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus
        self._clips: dict[tuple[str, int], Clip] = {}

    def clip(self, split: str, number: int) -> Clip:
        if (split, number) not in self._clips:
            if len(self._clips) >= self.MOST:
                self._clips.pop(next(iter(self._clips)))
            self._clips[split, number] = self._corpus.split(split)[number]
        return self._clips[split, number]


def split(name: str, splits: Sequence[str], clips: int) -> int:
    """How many clips a split has, of so many in training: the others have a fifth. Raises LookupError."""
    if name not in splits:
        raise LookupError(f"there is no split {name!r}; there are: {', '.join(splits)}")
    return clips if name == "train" else max(2, clips // 5)
