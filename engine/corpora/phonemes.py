"""Synthetic phonemes: words that mean nothing, said by voices that do not exist, with labels exact to the sample.

Everything is drawn from a seed, so nothing is downloaded. Each split has voices and words of its own. A stop is
silent until it is released, and silence between words looks the same: only context tells which it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.clip import Clip, from_array
from engine.drawn import Drawn, split
from engine.formant import PHONES, RATE, Speaker, edges_of
from engine.knob import Settings as Base
from engine.knob import knob
from engine.labelling import SILENCE, classes
from engine.words import parts, say, word

if TYPE_CHECKING:
    from collections.abc import Sequence

CAT = (("k", "æ", "t"),)
VOICES = {"train": 48, "valid": 8, "test": 12}
_SPLITS = ("train", "valid", "test", "pinned")


@dataclass(frozen=True)
class Settings(Base):
    """The knobs of the synthetic corpus."""

    phonemes: int = knob(10, 5, 10, help="How many phonemes there are; the first three say cat", effect="restart")
    words: int = knob(4, 1, 8, help="Words in a clip", effect="restart")
    clips: int = knob(
        600, 10, 10000, log=True, help="Training clips; the other splits have a fifth", effect="restart"
    )
    seed: int = knob(0, 0, 2**31 - 1, help="Another seed, another corpus", effect="restart")


@dataclass(frozen=True)
class Corpus:
    """The three splits of one corpus."""

    settings: Settings
    licence: str = "CC0-1.0 (made by this program)"

    def split(self, name: str) -> Split:
        """Clips made when they are indexed, about 2 s each. Raises LookupError for an unknown split."""
        return Split(self.settings, name)


def build(settings: Settings) -> Corpus:
    return Corpus(settings)


def vocabulary(count: int) -> tuple[str, ...]:
    """What a frame may be called: silence, then the first `count` phonemes."""
    return (SILENCE, *tuple(PHONES)[:count])


def cat(seed: int = 0) -> Clip:
    """The word "cat" in a plain voice."""
    sound, labels = say(CAT, Speaker(), np.random.default_rng(seed))
    return from_array(sound, RATE, "cat", labels)


def ceiling(clips: Sequence[Clip], names: Sequence[str], hop: float = 0.01) -> tuple[float, float]:
    """(share of silent frames, best accuracy of any classifier that sees one frame alone), both 0 to 1.

    Silent frames (below -70 dB) are all alike, so the best single answer for them is their commonest label. It
    is an upper bound: frames that sound are counted as if they could always be told apart.
    """
    counts, total = np.zeros(len(names)), 0
    for clip in clips:
        size = round(hop * clip.rate)
        sound = clip.read()[:, 0]
        blocks = sound[: len(sound) // size * size].reshape(-1, size)
        silent = np.sqrt(np.mean(np.square(blocks), axis=1)) < 10 ** (-70 / 20)
        labels = classes(clip.labels, (np.arange(len(blocks)) + 0.5) * hop, names)
        counts += np.bincount(labels[silent], minlength=len(names))
        total += len(blocks)
    return float(counts.sum() / total), float(1 - (counts.sum() - counts.max()) / total)


class Split(Drawn):
    """The clips of one split, each made when it is indexed. Raises LookupError for an unknown one."""

    def __init__(self, settings: Settings, name: str) -> None:
        super().__init__(split(name, tuple(VOICES), settings.clips), self._clip)
        self.settings, self.name = settings, name

    def speaker(self, index: int) -> tuple[int, Speaker]:
        """The number of the voice that says clip `index`, and the voice."""
        number = index % VOICES[self.name]
        return number, Speaker.draw(self._rng(1, number))

    def frames(self, index: int) -> int:
        """How many samples clip `index` has, without making it, which takes a hundred times as long."""
        rng = self._rng(2, index)
        return int(edges_of(parts(self._words(rng), self.speaker(index)[1], rng))[-1])

    def _words(self, rng: np.random.Generator) -> list[tuple[str, ...]]:
        names = tuple(PHONES)[: self.settings.phonemes]
        return [word(names, rng) for _ in range(self.settings.words)]

    def _clip(self, index: int) -> Clip:
        number, speaker = self.speaker(index)
        rng = self._rng(2, index)
        sound, labels = say(self._words(rng), speaker, rng)
        sound *= np.float32(10 ** (rng.uniform(-9, 3) / 20))
        return from_array(sound, RATE, f"{self.name} {index}, voice {number}", labels)

    def _rng(self, what: int, number: int) -> np.random.Generator:
        return np.random.default_rng([self.settings.seed, _SPLITS.index(self.name), what, number])
