"""Copy: hear some tones, wait, and say after the cue which they were. How long a memory lasts is seen here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.knob import Settings as Base
from engine.knob import knob
from engine.tones import REST, Alphabet, Tones

if TYPE_CHECKING:
    from numpy.typing import NDArray

TIER = "tone"
METRIC = "error"
LENGTH = "delay"
"""The knob by which a sequence grows longer."""
_OTHERS = (1100.0, 1300.0, 1600.0)  # hertz of hum, buzz and cue
_BEFORE = 12  # sounds before the tones, so that there are sequences enough for every split


@dataclass(frozen=True)
class Settings(Base):
    """The knobs of the task."""

    symbols: int = knob(4, 2, 8, help="Tones that are told apart: guessing is right once in so many times")
    length: int = knob(1, 1, 16, unit="tones", help="Tones to be remembered")
    delay: int = knob(10, 0, 500, unit="frames", help="Other sounds between the last tone and the cue")
    clips: int = knob(
        600, 10, 10000, log=True, help="Training clips; the other splits have a fifth", effect="restart"
    )
    seed: int = knob(0, 0, 2**31 - 1, help="Another seed, another corpus", effect="restart")


def chance(settings: Settings) -> float:
    """The error of guessing."""
    return 1 - 1 / settings.symbols


def build(settings: Settings) -> Tones:
    names = tuple("ABCDEFGH"[: settings.symbols])
    hertz = tuple(250.0 * 2 ** (each / 4) for each in range(settings.symbols))
    alphabet = Alphabet((REST, *names, "hum", "buzz", "cue"), (0.0, *hertz, *_OTHERS))
    return Tones(settings, alphabet, (REST, *names), lambda rng: draw(settings, rng), TIER)


def draw(settings: Settings, rng: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Symbols and classes: other sounds, the tones, the delay full of other sounds, a cue, and rests for the rest.

    From the cue on the classes say the tones. The sounds in front make no two sequences alike.
    """
    count, first = settings.length, settings.symbols + 1
    symbols = rng.integers(first, first + 2, 1 + _BEFORE + count + settings.delay + count)
    symbols[0], tones = 0, rng.integers(1, first, count)
    symbols[1 + _BEFORE : 1 + _BEFORE + count] = tones
    symbols[-count:] = 0
    symbols[-count] = first + 2
    classes = np.zeros_like(symbols)
    classes[-count:] = tones
    return symbols, classes
