"""A corpus: clips with labels, split so that no speaker and no sentence is on both sides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.clip import Clip
    from engine.knob import Settings


class CorpusMissing(LookupError):
    """The recordings are not on this machine; the message says what to download or set, and where."""


@dataclass(frozen=True)
class Facts:
    """What a data set of others is, said before it is on this machine.

    It is here where one of `folders`, below OTOSCOPE_DATA, holds a file that matches the pattern `sign`.
    """

    title: str
    licence: str
    size: str
    source: str
    """Who gives it, and under which name."""
    folders: tuple[str, ...]
    sign: str
    example: str
    """One file, as it lies in the first of the folders."""


class Corpus(Protocol):
    """Same settings, same clips, in the same order.

    One that joins recordings anew each time has `parts(split)`, which yields (name, samples [n]) of those that may
    come up: whether a split leaks into another is seen in them. A split may have `frames(index)`, the samples of a
    clip without making it.
    """

    licence: str

    def split(self, name: str) -> Sequence[Clip]:
        """The clips of `train`, `valid` or `test`; made or read when indexed."""


class CorpusModule(Protocol):
    """A leaf of engine/corpora. One that reads a data set of others has FACTS; the rest make their own sounds."""

    Settings: type[Settings]

    def build(self, settings: Any) -> Corpus: ...
