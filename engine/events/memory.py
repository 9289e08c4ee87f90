"""Where states were alike, and what they remember."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from engine.remembered import Index
    from engine.session import Span


@dataclass(frozen=True)
class Match:
    """A moment whose states switch as those that were searched for; `path` is None in the clip that is shown."""

    similarity: float
    name: str
    path: Path | None
    start: float
    stop: float


@dataclass(frozen=True, eq=False)
class Recalled:
    """The moments most similar to a stretch of a clip, the best first, judged by `units` of a layer.

    The search took `took` milliseconds over `seconds` of sound.
    """

    clip_id: str
    network_id: str
    span: Span
    layer: int
    units: tuple[int, ...]
    matches: tuple[Match, ...]
    seconds: float
    took: float


@dataclass(frozen=True, eq=False)
class Indexed:
    """The states of a folder of sounds are ready to be searched."""

    index: Index


@dataclass(frozen=True, eq=False)
class Stored:
    """How well linear probes read from each layer which phoneme sounded so many `seconds` ago [K].

    Accuracies [K], 0 to 1: `accuracy` and, with the states in another order, `shuffled` by layer; `chance` is that
    of the best guess.
    """

    network_id: str
    seconds: NDArray[np.float64]
    accuracy: Mapping[int, NDArray[np.float64]]
    shuffled: Mapping[int, NDArray[np.float64]]
    chance: NDArray[np.float64]

    def horizon(self, layer: int) -> float:
        """Seconds back to which a layer tells more than half of what it tells at its best, beyond chance."""
        above = self.accuracy[layer] - self.chance
        good = above >= above.max() / 2
        return float(self.seconds[int(good.nonzero()[0][-1])]) if above.max() > 0 else 0.0
