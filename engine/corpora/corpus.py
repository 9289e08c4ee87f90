"""A corpus: clips with labels, split so that no speaker and no sentence is on both sides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.clip import Clip
    from engine.knob import Settings


class CorpusMissing(LookupError):
    """The recordings are not on this machine; the message says what to download or set, and where."""


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
    """A leaf of engine/corpora."""

    Settings: type[Settings]

    def build(self, settings: Any) -> Corpus: ...
