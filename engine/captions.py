"""Captions: what was said so far, the part of it that will never change, and the part that still may."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.recognisers.recogniser import Word


@dataclass(frozen=True)
class Line:
    """What was said between two pauses. `words` are committed: they never change."""

    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)


@dataclass(frozen=True)
class Origin:
    """The clip that was captioned, where on it captions began, in seconds, and the tier of labels that are their
    words, if any are.
    """

    clip_id: str
    start: float = 0.0
    tier: str = ""


@dataclass(frozen=True, eq=False)
class Captions:
    """What is shown at a moment: finished lines, and of the line that is being said the words that are committed
    and those that are still tentative. Times are seconds since the captions began, of which `heard` were heard.
    """

    lines: tuple[Line, ...] = ()
    words: tuple[Word, ...] = ()
    tentative: tuple[Word, ...] = ()
    heard: float = 0.0
    speaking: bool = False
    """Whether somebody speaks at this moment."""
    waiting: float = 0.0
    """Seconds of sound that were heard and not yet recognised: the queue."""
    late: tuple[float, float] | None = None
    """Seconds from the end of a word to its first being shown, p50 and p95; None before there are any."""
    settled: tuple[float, float] | None = None
    """The same until it was committed."""
    note: str = ""
    """What there is to say, as when the machine is too slow and a cheaper setting was taken."""
    computed: tuple[float, float] | None = None
    """Of `late`, the seconds that reading took, p50 and p95; the rest is algorithmic: sound that had to come."""
