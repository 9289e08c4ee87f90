"""Garden path: a tone that means one thing or the other, and only what comes later tells which it was."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.knob import Settings as Base
from engine.knob import knob
from engine.tones import REST, Alphabet, Tones

if TYPE_CHECKING:
    from numpy.typing import NDArray

TIER = "meaning"
METRIC = "error"
LENGTH = "ahead"
_HERTZ = (300.0, 400.0, 600.0, 800.0, 1100.0)


@dataclass(frozen=True)
class Settings(Base):
    """The knobs of the task."""

    ahead: int = knob(3, 1, 30, unit="frames", help="How much later the tone comes that tells what was meant")
    phrases: int = knob(4, 1, 20, help="Ambiguous tones in a clip")
    clips: int = knob(
        600, 10, 10000, log=True, help="Training clips; the other splits have a fifth", effect="restart"
    )
    seed: int = knob(0, 0, 2**31 - 1, help="Another seed, another corpus", effect="restart")


def chance(settings: Settings) -> float:
    """The error of whoever hears no further than the ambiguous tone: both meanings are as likely."""
    return 0.5


def build(settings: Settings) -> Tones:
    alphabet = Alphabet((REST, "bank", "the", "of", "river", "money"), (0.0, *_HERTZ))
    return Tones(settings, alphabet, (REST, "shore", "house"), lambda rng: draw(settings, rng), TIER)


def draw(settings: Settings, rng: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Phrases of: bank, so many of `the` and `of`, then river or money, then a few more of those.

    A class stands at each `bank`: shore where river follows, house where money does.
    """
    symbols, classes = [0], [0]
    for _ in range(settings.phrases):
        meaning = int(rng.integers(2))
        between = rng.integers(2, 4, settings.ahead - 1).tolist()
        after = rng.integers(2, 4, int(rng.integers(1, 4))).tolist()
        symbols += [1, *between, 4 + meaning, *after]
        classes += [1 + meaning, *[0] * (len(between) + 1 + len(after))]
    return np.array(symbols, np.int64), np.array(classes, np.int64)
