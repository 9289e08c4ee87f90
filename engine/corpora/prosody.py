"""Prosody: words that mean nothing, said as five emotions say them, by voices that do not exist.

What differs is what is known to differ in speech (K. R. Scherer 2003): how high the voice is, how far it moves and
falls, how fast and loud it speaks, how bright it is, whether it trembles. Each clip has its own measure of that,
and each split voices and words of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from engine import drawn
from engine.clip import Clip, Label, from_array
from engine.formant import PHONES, RATE, Speaker
from engine.knob import Settings as Base
from engine.knob import knob
from engine.words import say, word

if TYPE_CHECKING:
    from engine.formant import Factors, Tune

TIER = "emotion"
VOICES = {"train": 32, "valid": 8, "test": 12}
_LEAST = 0.7  # of its usual measure that an emotion shows at least; at most it is 1.2
_ACCENTS = 3.0  # a second, at the usual pace


@dataclass(frozen=True)
class Style:
    """How an emotion speaks, beside the voice's own way.

    `pitch` and `pace` are factors; `reach` is how far accents lift the pitch, `fall` how far it falls over the
    clip, both in octaves; `level` and `swing`, the loudness and that of accents, in decibels; `bright` is added to
    the voice's; `breath` is a factor; `tremor` is how far the pitch trembles, in octaves.
    """

    pitch: float = 1.0
    reach: float = 0.15
    fall: float = 0.15
    pace: float = 1.0
    level: float = 0.0
    swing: float = 3.0
    bright: float = 0.0
    breath: float = 1.0
    tremor: float = 0.0


STYLES = {
    "neutral": Style(),
    "happy": Style(1.35, 0.6, -0.1, 1.15, 4.0, 6.0, 0.1),
    "sad": Style(0.85, 0.04, 0.25, 0.65, -9.0, 1.0, -0.25, 3.0),
    "angry": Style(1.15, 0.35, 0.45, 1.3, 9.0, 9.0, 0.2, 0.5),
    "fearful": Style(1.6, 0.08, 0.0, 1.4, -4.0, 2.0, 0.0, 2.0, 0.08),
}
"""The names are among those of recorded sets."""


@dataclass(frozen=True)
class Settings(Base):
    """The knobs of the corpus."""

    words: int = knob(3, 1, 8, help="Words in a clip", effect="restart")
    clips: int = knob(
        480, 10, 10000, log=True, help="Training clips; the other splits have a fifth", effect="restart"
    )
    seed: int = knob(0, 0, 2**31 - 1, help="Another seed, another corpus", effect="restart")


@dataclass(frozen=True)
class Corpus:
    """The three splits of one corpus."""

    settings: Settings
    licence: str = "CC0-1.0 (made by this program)"

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(STYLES)

    def split(self, name: str) -> drawn.Drawn:
        """Clips made when they are indexed. Raises LookupError for an unknown split."""
        count = drawn.split(name, tuple(VOICES), self.settings.clips)
        return drawn.Drawn(count, lambda index: self._clip(name, index))

    def _clip(self, name: str, index: int) -> Clip:
        place = list(VOICES).index(name)
        emotion, number = self.names[index % len(STYLES)], index // len(STYLES) % VOICES[name]
        voice = Speaker.draw(np.random.default_rng([self.settings.seed, place, 1, number]))
        rng = np.random.default_rng([self.settings.seed, place, 2, index])
        style = measured(STYLES[emotion], rng.uniform(_LEAST, 1.2))
        words = [word(tuple(PHONES), rng) for _ in range(self.settings.words)]
        sound, _ = say(words, spoken(voice, style), rng, tune(style, rng))
        sound *= np.float32(10 ** ((style.level + rng.uniform(-3, 3) - 10) / 20))
        label = Label(0.0, len(sound) / RATE, emotion, TIER)
        return from_array(sound, RATE, f"{name} {index}, voice {number}", (label,))


def build(settings: Settings) -> Corpus:
    return Corpus(settings)


def measured(style: Style, measure: float) -> Style:
    """A style shown by so much: 0 is neutral, 1 as it is."""
    plain, whole = (np.array(list(each.__dict__.values())) for each in (Style(), style))
    return Style(*(plain + measure * (whole - plain)).tolist())


def spoken(voice: Speaker, style: Style) -> Speaker:
    """A voice in a style, but for what moves in time."""
    return replace(
        voice,
        f0=voice.f0 * style.pitch,
        rate=voice.rate * style.pace,
        breath=voice.breath * max(style.breath, 0.1),
        bright=min(max(voice.bright + style.bright, 0.0), 0.95),
        fall=0.0,
    )


def tune(style: Style, rng: np.random.Generator) -> Tune:
    """How pitch and loudness move: accents at a pace, a fall over the clip, a tremor."""
    first, tremble = rng.uniform(0, 1, 2)

    def moves(time: Factors) -> tuple[Factors, Factors]:
        length = max(time[-1], 1e-9) if len(time) else 1.0
        accent = np.sin(np.pi * (_ACCENTS * style.pace * time + first)) ** 2
        octaves = style.reach * (accent - 0.5) + style.fall * (0.5 - time / length)
        octaves = octaves + style.tremor * np.sin(2 * np.pi * (7.0 * time + tremble))
        return 2.0**octaves, 10 ** (style.swing * (accent - 1) / 20)

    return moves
