"""What a network has composed."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from engine.clip import Clip
    from engine.knob import Settings
    from engine.network import Network


@dataclass(frozen=True, eq=False)
class Composed:
    """A melody that a network has made note after note; the first `given` of `notes` [N] were put in.

    Notes are classes by `names`; note n sounds from `begin + n * beat` for `beat` seconds of `clip`. `logits`
    [N, C] are those from which each was, or would have been, drawn by `settings`. `answers` are the notes that
    could be known, by their places: they follow from what came before.
    """

    clip: Clip
    network: Network
    notes: tuple[int, ...]
    given: int
    logits: NDArray[np.float64]
    settings: Settings
    names: tuple[str, ...]
    begin: float
    beat: float
    answers: Mapping[int, int] = field(default_factory=lambda: MappingProxyType({}))

    def at(self, time: float) -> int:
        """The place of the note that sounds at a time, or of the nearest one."""
        return min(max(int((time - self.begin) // self.beat), 0), len(self.notes) - 1)

    def start(self, place: int) -> float:
        """Where a note begins, in seconds of the clip."""
        return self.begin + place * self.beat

    @property
    def right(self) -> tuple[int, int]:
        """How many of the notes that could be known the network has found, and how many there were to find."""
        asked = [place for place in self.answers if self.given <= place < len(self.notes)]
        return sum(self.notes[place] == self.answers[place] for place in asked), len(asked)


@dataclass(frozen=True, eq=False)
class Made:
    """Melodies that were asked for together, on from the same notes."""

    melodies: tuple[Composed, ...]
