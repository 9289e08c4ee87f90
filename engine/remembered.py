"""An index of states: which units of a network switch when, over a clip or many, as bits that are searched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Place:
    """A stretch of a clip in an index: its frames from `begin` on, the first of them at `first` seconds."""

    name: str
    path: Path | None
    begin: int
    count: int
    first: float


@dataclass(frozen=True, eq=False)
class Index:
    """The bits [W, T] of every layer of a network, 64 in a word, `rate` frames a second."""

    network_id: str
    rate: float
    words: Mapping[int, NDArray[np.uint64]]
    places: tuple[Place, ...]
    name: str = ""

    @property
    def seconds(self) -> float:
        return sum(each.count for each in self.places) / self.rate
