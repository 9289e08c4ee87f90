"""Speakers: a few synthetic voices that say words that mean nothing; each clip is one voice's.

Every clip has words of its own, and the voice is each time a little higher, faster or hoarser than the last: what
tells voices apart is what stays.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from engine import drawn
from engine.clip import Clip, Label, from_array
from engine.formant import PHONES, RATE, Speaker
from engine.knob import Settings as Base
from engine.knob import knob
from engine.words import say, word

NAMES = ("Ada", "Ben", "Cleo", "Dan", "Eve", "Finn", "Gwen", "Hugo")
TIER = "speaker"
SPLITS = ("train", "valid", "test")


@dataclass(frozen=True)
class Settings(Base):
    """The knobs of the corpus."""

    voices: int = knob(8, 2, len(NAMES), help="How many voices there are", effect="restart")
    words: int = knob(2, 1, 8, help="Words in a clip", effect="restart")
    clips: int = knob(
        480, 10, 10000, log=True, help="Training clips; the other splits have a fifth", effect="restart"
    )
    seed: int = knob(0, 0, 2**31 - 1, help="Another seed, other voices and words", effect="restart")


@dataclass(frozen=True)
class Corpus:
    """The same voices in every split, and other words."""

    settings: Settings
    licence: str = "CC0-1.0 (made by this program)"

    def split(self, name: str) -> drawn.Drawn:
        """Clips made when they are indexed. Raises LookupError for an unknown split."""
        count = drawn.split(name, SPLITS, self.settings.clips)
        return drawn.Drawn(count, lambda index: self._clip(name, index))

    def voice(self, number: int) -> Speaker:
        """A voice as it usually is: their vocal tracts lie evenly from a child's to a tall man's."""
        tract = np.linspace(0.8, 1.12, self.settings.voices)[number]
        return Speaker.draw(np.random.default_rng([self.settings.seed, len(SPLITS), number]), float(tract))

    def _clip(self, name: str, index: int) -> Clip:
        rng = np.random.default_rng([self.settings.seed, SPLITS.index(name), index])
        number = index % self.settings.voices
        usual = self.voice(number)
        today = replace(
            usual,
            f0=usual.f0 * float(np.exp(rng.normal(0, 0.06))),
            rate=usual.rate * rng.uniform(0.9, 1.1),
            breath=usual.breath * rng.uniform(0.5, 2.0),
        )
        sound, _ = say([word(tuple(PHONES), rng) for _ in range(self.settings.words)], today, rng)
        sound *= np.float32(10 ** (rng.uniform(-9, 3) / 20))
        label = Label(0.0, len(sound) / RATE, NAMES[number], TIER)
        return from_array(sound, RATE, f"{name} {index}, {NAMES[number]}", (label,))


def build(settings: Settings) -> Corpus:
    return Corpus(settings)
