"""Scenes: a few sounds at once, each for a while: the bundled noises, and speech, bells and sirens made anew.

The noises are loops of eight seconds: each split takes another part of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine import drawn, noises
from engine.clip import Clip, Label, from_array
from engine.formant import PHONES, RATE, Speaker
from engine.knob import Settings as Base
from engine.knob import knob
from engine.words import say, word

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.floating]

TIER = "tag"
LOOPS = ("birds", "boat", "crickets", "crowd", "fan", "fire", "rain", "wind")
TAGS = (*LOOPS, "bell", "siren", "speech")
PARTS = {"train": (0.0, 0.6), "valid": (0.6, 0.8), "test": (0.8, 1.0)}
"""Which part of a loop each split takes."""
_FLOOR = 0.002  # RMS of the hiss that is always there
_BAR = np.array([1.0, 2.756, 5.404, 8.933])  # partials of a bar that is struck and free at both ends


@dataclass(frozen=True)
class Settings(Base):
    """The knobs of the corpus."""

    sounds: int = knob(3, 1, 6, help="Sounds in a clip at most", effect="restart")
    seconds: float = knob(3.0, 2.0, 20.0, unit="s", help="How long a clip is", effect="restart")
    clips: int = knob(
        600, 10, 10000, log=True, help="Training clips; the other splits have a fifth", effect="restart"
    )
    seed: int = knob(0, 0, 2**31 - 1, help="Another seed, another corpus", effect="restart")


@dataclass(frozen=True)
class Corpus:
    """The three splits of one corpus."""

    settings: Settings
    licence: str = "CC0-1.0 (made by this program, from noises that are CC0 or in the public domain)"

    def split(self, name: str) -> drawn.Drawn:
        """Clips made when they are indexed. Raises LookupError for an unknown split."""
        count = drawn.split(name, tuple(PARTS), self.settings.clips)
        return drawn.Drawn(count, lambda index: self._clip(name, index))

    def _clip(self, name: str, index: int) -> Clip:
        rng = np.random.default_rng([self.settings.seed, list(PARTS).index(name), index])
        sound = _FLOOR * rng.standard_normal(round(self.settings.seconds * RATE))
        labels = []
        # Every tag in turn is in a clip, and others beside it.
        first = TAGS[index % len(TAGS)]
        others = rng.permutation([tag for tag in TAGS if tag != first])
        for tag in (first, *others[: rng.integers(self.settings.sounds)].tolist()):
            event = made(tag, rng.uniform(0.8, 1.5), PARTS[name], rng)
            start = int(rng.integers(max(1, len(sound) - len(event))))
            event = event[: len(sound) - start] * 10 ** (rng.uniform(-30, -16) / 20)
            sound[start : start + len(event)] += event
            labels.append(Label(start / RATE, (start + len(event)) / RATE, str(tag), TIER))
        labels.sort(key=lambda label: label.start)
        return from_array(sound.astype(np.float32), RATE, f"{name} {index}", tuple(labels))


def build(settings: Settings) -> Corpus:
    return Corpus(settings)


def made(tag: str, seconds: float, part: tuple[float, float], rng: np.random.Generator) -> Floats:
    """A sound [n] of a kind at a mean power of 1, its ends faded; of a loop, from `part` of it."""
    n = round(seconds * RATE)
    if tag in LOOPS:
        low, high = (share * len(noises.loop(tag, "", 0, RATE)) for share in part)
        sound = noises.segment(tag, "", 0, RATE, n, int(rng.uniform(low, max(low, high - n)))).astype(float)
    elif tag == "speech":
        sound = say([word(tuple(PHONES), rng) for _ in range(3)], Speaker.draw(rng), rng)[0].astype(float)
    else:
        sound = {"bell": _bell, "siren": _siren}[tag](np.arange(n) / RATE, rng)
    edge = min(len(sound) // 4, 320)
    ramp = np.linspace(0, 1, edge)
    sound[:edge] *= ramp
    sound[len(sound) - edge :] *= ramp[::-1]
    return np.asarray(sound / max(float(np.sqrt(np.mean(np.square(sound)))), 1e-9))


def _bell(time: Floats, rng: np.random.Generator) -> Floats:
    """Partials of a struck bar, of which the high ones die first."""
    hertz = rng.uniform(400, 900) * _BAR
    decay = np.exp(-np.outer(time, 2.0 + np.arange(len(_BAR)) * 2.5))
    return np.asarray((np.sin(2 * np.pi * np.outer(time, hertz)) * decay / (1 + np.arange(len(_BAR)))).sum(1))


def _siren(time: Floats, rng: np.random.Generator) -> Floats:
    """A tone with two overtones that goes up and down."""
    middle, pace = rng.uniform(600, 1000), rng.uniform(0.7, 2.5)
    hertz = middle * 2 ** (0.4 * np.sin(2 * np.pi * (pace * time + rng.uniform())))
    phase = 2 * np.pi * np.cumsum(hertz) / RATE
    return np.asarray(np.sin(phase) + 0.4 * np.sin(2 * phase) + 0.2 * np.sin(3 * phase))
