"""A recogniser: writes down what is said in a stretch of sound."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float32]


class RecogniserError(ValueError):
    """A recogniser that cannot be had or used; the message says why and, in one line, how to get it."""


@dataclass(frozen=True)
class Word:
    """A word that was said from `start` to `stop`, in seconds; `confidence` 0 to 1, None where nobody tells."""

    start: float
    stop: float
    text: str
    confidence: float | None = None


class Recogniser(Protocol):
    """Made for one thread. It keeps nothing from one stretch to the next.

    What only some have is there by its name or not: `language`, a tag that may be set; `no_speech`, where nobody
    spoke in what was read last, as (start, stop, how likely); `read_by(settings)`, how its text is searched;
    `cheaper()`, the same at less cost for a slow machine; `layers(sound)`, what each layer makes of it.
    """

    name: str
    rate: int
    """Samples a second of the mono float32 sound that it takes."""

    def read(self, sound: Array) -> tuple[Word, ...]:
        """The words of sound [n], in order, on its own clock; none where nobody speaks. Never changes `sound`."""


class RecogniserModule(Protocol):
    """A leaf of engine/recognisers: one kind of recogniser. Heavy packages are imported in `build` alone.

    One that can be had in further ways may have EXTRA, the name of the optional dependencies that bring it.
    """

    TITLE: str

    def names(self) -> Sequence[str]:
        """Those of its kind that are there by name (bundled, or in an installed package or folder); cheap."""

    def absent(self) -> str:
        """One line that says how to get it where `names` is empty; empty where it is there."""

    def fits(self, path: Path) -> bool:
        """Whether a local file or folder holds one of this kind, by what is in it."""

    def build(self, source: str | Path) -> Recogniser:
        """From one of the names, or from a path that fits. Raises RecogniserError."""
