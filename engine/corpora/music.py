"""Synthetic music: tunes of one to four voices on instruments made of partials, with every note labelled.

Each voice walks up and down a scale, with rests, at a tempo of its own, so that notes begin and end anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine import notes
from engine.clip import Label, from_array
from engine.drawn import Drawn, split
from engine.knob import Settings as Base
from engine.knob import knob

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engine.clip import Clip

RATE = 16000
LOWEST, HIGHEST = 48, 83
"""The pitches: C3 to B5, three octaves."""
SECONDS = 4.0
APART = 0.1
"""Seconds of silence between two notes of one pitch at the least: in frames they could not be told apart."""
_SPLITS = ("train", "valid", "test")
_MAJOR, _MINOR = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10)
_RELEASE = 0.04  # seconds in which a note that is let go fades
_TAIL = 3  # such times are heard after its end


@dataclass(frozen=True)
class Timbre:
    """An instrument: how loud each partial is, and how it comes, fades and trembles. Times in seconds."""

    partials: tuple[float, ...]
    attack: float
    decay: float = 0.0
    """In which the first partial falls to 1 / e, the higher ones sooner; 0 where it is held."""
    vibrato: float = 0.0
    """As a share of the pitch."""
    breath: float = 0.0


TIMBRES = {
    "struck": Timbre(tuple(k**-1.5 for k in range(1, 11)), 0.004, decay=0.9),
    "plucked": Timbre(tuple(1.0 / k for k in range(1, 13)), 0.002, decay=0.5),
    "organ": Timbre((1.0, 0.7, 0.5, 0.4, 0.0, 0.25, 0.0, 0.2), 0.012),
    "reed": Timbre(tuple((k % 2) / k + 0.02 for k in range(1, 14)), 0.025),
    "bowed": Timbre(tuple(1.0 / k for k in range(1, 13)), 0.05, vibrato=0.004),
    "flute": Timbre((1.0, 0.3, 0.1, 0.04), 0.04, vibrato=0.003, breath=0.02),
}


@dataclass(frozen=True)
class Settings(Base):
    """The knobs of the corpus."""

    voices: int = knob(3, 1, 4, help="Voices that play at once at the most; with 1 no two notes sound together")
    clips: int = knob(
        400, 10, 10000, log=True, help="Training tunes; the other splits have a fifth", effect="restart"
    )
    seed: int = knob(0, 0, 2**31 - 1, help="Another seed, another corpus", effect="restart")


@dataclass(frozen=True)
class Note:
    """When it begins and is let go, in seconds, its MIDI number, and how loud it is."""

    start: float
    stop: float
    pitch: int
    loud: float
    timbre: str


@dataclass(frozen=True)
class Corpus:
    """The three splits of one corpus."""

    settings: Settings
    licence: str = "CC0-1.0 (made by this program)"

    def split(self, name: str) -> Drawn:
        """Tunes of 4 s made when they are indexed. Raises LookupError for an unknown split."""
        count = split(name, _SPLITS, self.settings.clips)
        return Drawn(count, lambda number: _tune(self.settings, name, number))


def build(settings: Settings) -> Corpus:
    return Corpus(settings)


def _tune(settings: Settings, split: str, number: int) -> Clip:
    """A tune of a split, drawn from the seed, the split and its number."""
    rng = np.random.default_rng([settings.seed, _SPLITS.index(split), number])
    voices = 1 + number % settings.voices
    tune = compose(voices, rng)
    heard = f"{voices} voices" if voices > 1 else "1 voice"
    return from_array(perform(tune, rng), RATE, f"{split} {number}, {heard}", labels(tune))


def labels(tune: Sequence[Note]) -> tuple[Label, ...]:
    """What sounds when, by name."""
    return tuple(Label(each.start, each.stop, notes.name(each.pitch), notes.TIER) for each in tune)


def compose(voices: int, rng: np.random.Generator) -> tuple[Note, ...]:
    """A tune of so many voices in one key, by the starts of its notes."""
    tonic, steps = int(rng.integers(12)), _MAJOR if rng.random() < 0.5 else _MINOR
    scale = [pitch for pitch in range(LOWEST, HIGHEST + 1) if (pitch - tonic) % 12 in steps]
    tune: list[Note] = []
    for _ in range(voices):
        timbre, pace = str(rng.choice(tuple(TIMBRES))), rng.uniform(0.2, 0.45)
        place, time = int(rng.integers(len(scale))), rng.uniform(0.1, 0.4)
        while time < SECONDS - 0.4:
            seconds = pace * float(rng.choice((0.5, 1.0, 1.0, 2.0))) * rng.uniform(0.9, 1.1)
            seconds = max(0.1, min(seconds, SECONDS - time - 0.2))
            place = int(np.clip(place + rng.integers(-4, 5), 0, len(scale) - 1))
            note = Note(time, time + 0.92 * seconds, scale[place], rng.uniform(0.4, 1.0), timbre)
            free = all(
                each.pitch != note.pitch or note.start > each.stop + APART or each.start > note.stop + APART
                for each in tune
            )
            if free and rng.random() > 0.12:
                tune.append(note)
            time += seconds
    return tuple(sorted(tune, key=lambda each: (each.start, each.pitch)))


def perform(tune: Sequence[Note], rng: np.random.Generator) -> NDArray[np.float32]:
    """A tune as sound [n] at 16 kHz: its notes, a little noise, and a level of its own."""
    heard = np.zeros(round(SECONDS * RATE))
    for note in tune:
        begin = round(note.start * RATE)
        sound = _sound(note, rng)[: len(heard) - begin]
        heard[begin : begin + len(sound)] += sound
    loudest = max(float(np.abs(heard).max()), 1e-6)
    noise = rng.standard_normal(len(heard)) * 10 ** rng.uniform(-4.0, -2.5)
    return np.asarray(rng.uniform(0.1, 0.8) * (heard / loudest + noise), np.float32).clip(-1.0, 1.0)


def _sound(note: Note, rng: np.random.Generator) -> NDArray[np.float64]:
    """One note with its release."""
    timbre, held = TIMBRES[note.timbre], note.stop - note.start
    time = np.arange(round((held + _TAIL * _RELEASE) * RATE)) / RATE
    hertz = 440.0 * 2.0 ** ((note.pitch - 69) / 12)
    wave = 2 * np.pi * hertz * time
    if timbre.vibrato:
        speed = 2 * np.pi * rng.uniform(4.5, 6.5)
        wave += 2 * np.pi * hertz * timbre.vibrato / speed * np.sin(speed * time)
    made = np.zeros(len(time))
    for k, loud in enumerate(timbre.partials, 1):
        if loud and k * hertz < 0.45 * RATE:
            fade = np.exp(-time * k**0.5 / timbre.decay) if timbre.decay else 1.0
            made += loud * fade * np.sin(k * wave + rng.uniform(0, 2 * np.pi))
    made += timbre.breath * rng.standard_normal(len(time))
    envelope = np.minimum(time / timbre.attack, 1.0) * np.exp(-np.maximum(time - held, 0.0) / _RELEASE)
    envelope *= np.minimum((time[-1] - time) / 0.01, 1.0)
    return np.asarray(note.loud * envelope * made / np.sqrt(np.square(timbre.partials).sum()))
