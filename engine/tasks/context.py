"""Context: a tone that is one letter or another by what was heard before it; a frame alone cannot tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.knob import Settings as Base
from engine.knob import knob
from engine.tones import REST, Alphabet, Tones

if TYPE_CHECKING:
    from numpy.typing import NDArray

TIER = "letter"
METRIC = "error"
_HERTZ = (1200.0, 300.0, 600.0)  # of s, m and the closure


@dataclass(frozen=True)
class Settings(Base):
    """The knobs of the task."""

    longest: int = knob(4, 1, 30, unit="frames", help="How long a closure lasts at most")
    pairs: int = knob(4, 1, 20, help="Letters before a closure, each with its closure, in a clip")
    clips: int = knob(
        600, 10, 10000, log=True, help="Training clips; the other splits have a fifth", effect="restart"
    )
    seed: int = knob(0, 0, 2**31 - 1, help="Another seed, another corpus", effect="restart")


def build(settings: Settings) -> Tones:
    alphabet = Alphabet((REST, "s", "m", "closure"), (0.0, *_HERTZ))
    return Tones(settings, alphabet, (REST, "s", "m", "p", "b"), lambda rng: draw(settings, rng), TIER)


def ceiling(settings: Settings, clips: int = 100) -> float:
    """The best accuracy of whoever sees one frame alone: for each tone its commonest class, over test clips."""
    task, counts = build(settings), np.zeros((4, 5))
    for number in range(clips):
        symbols, classes = task.item("test", number)
        np.add.at(counts, (symbols[1:], classes[1:]), 1)
    return float(counts.max(1).sum() / counts.sum())


def draw(settings: Settings, rng: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """After a rest: s or m for up to three frames, then a closure, which is p after s and b after m; and so on."""
    symbols, classes = [0], [0]
    for _ in range(settings.pairs):
        voiced, held = int(rng.integers(2)), int(rng.integers(1, 4))
        closed = int(rng.integers(1, settings.longest + 1))
        symbols += [1 + voiced] * held + [3] * closed
        classes += [1 + voiced] * held + [3 + voiced] * closed
    return np.array(symbols, np.int64), np.array(classes, np.int64)
