"""Spoken digits: real recordings of single digits, and synthetic voices, joined into strings with pauses.

The recordings are the Free Spoken Digit Dataset (five speakers, 8 kHz) and ten telephone prompts. Synthetic voices
are used where espeak-ng or flite is installed. Strings stay within one voice; no voice is in two splits.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine import recordings, voices
from engine.corpora.corpus import Facts
from engine.drawn import Drawn
from engine.knob import Settings as Base
from engine.knob import knob
from engine.utterance import LEVEL, PROMPTS, SPEAKERS, WORDS, Spoken, cut, join, utterances

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from engine.clip import Clip

FACTS = Facts(
    "Free Spoken Digit Dataset",
    "CC BY-SA 4.0",
    "5 speakers or more, 2500 digits of half a second, 0.3 h, 20 MB",
    "Z. Jackson and others, with a table manifest.tsv of all files",
    ("digits_fsdd",),
    "manifest.tsv",
    "manifest.tsv",
)

VALID = ("flite rms", "espeak en-us+m2")
"""Voices that are never trained on; without them the prompts are."""
STRING = 5
"""Digits in a string of a test."""
_RATE = recordings.RATE
_SPLITS = ("train", "valid", "test")
_OTHER = ("read_arctic_kathleen", "prompts_asterisk_en", "keywords_picovoice")
_ALIKE = frozenset(
    (*WORDS, "to", "too", "for", "won", "ate", "fore", "oh", "tree", "tin", "sick", "sex", "hundred")
)


@dataclass(frozen=True)
class Settings(Base):
    """The knobs of the corpus."""

    held_out: str = knob(
        "", choices=("", *SPEAKERS), help="A speaker whose recordings are kept for the test", effect="restart"
    )
    clips: int = knob(8000, 10, 1_000_000, log=True, help="Strings of an epoch of training", effect="restart")
    longest: int = knob(6, 1, 12, help="Digits of the longest training string", effect="restart")
    synthetic: float = knob(0.35, 0.0, 1.0, help="Share of strings that a synthetic voice says", effect="restart")
    other: float = knob(
        0.1, 0.0, 0.9, help="Share of strings that are silence or other speech, without a digit", effect="restart"
    )
    clipped: float = knob(
        0.4, 0.0, 1.0, help="Share of training digits that lose their quiet beginning and end", effect="restart"
    )
    seed: int = knob(0, 0, 2**31 - 1, help="Another seed, another corpus", effect="restart")


@dataclass(frozen=True)
class Corpus:
    """Strings of digits. Raises CorpusMissing where the recordings are not on this machine."""

    settings: Settings
    licence: str = "CC BY-SA 4.0 (Free Spoken Digit Dataset), CC BY-SA 3.0 (telephone prompts)"

    def speakers(self, split: str) -> tuple[str, ...]:
        """The voices of a split. Raises LookupError for an unknown one."""
        if split not in _SPLITS:
            raise LookupError(f"there is no split {split!r}; there are: {', '.join(_SPLITS)}")
        synthetic = voices.available()
        valid = tuple(name for name in VALID if name.split(" ")[0] in {each.split(" ")[0] for each in synthetic})
        real = tuple(name for name in SPEAKERS if name != self.settings.held_out)
        if split == "train":
            prompts = (PROMPTS,) if valid and recordings.has("prompts_asterisk_en") else ()
            return (*real, *prompts, *(name for name in synthetic if name not in VALID))
        if split == "test" and self.settings.held_out:
            return (self.settings.held_out,)
        return valid or (PROMPTS,)

    def parts(self, split: str) -> Iterator[tuple[str, NDArray[np.float32]]]:
        """Every recording that strings of a split are joined from: its name, and samples [n]."""
        for voice in self.speakers(split):
            yield from ((f"{voice} {number}", each.samples) for number, each in enumerate(utterances(voice)))

    def split(self, name: str) -> Sequence[Clip]:
        """Strings made when indexed: endless chance for `train`, every recording once for the others."""
        return _Train(self) if name == "train" else _Held(self, name)


def build(settings: Settings) -> Corpus:
    return Corpus(settings)


@recordings.kept(1)
def other_speech() -> tuple[Path, ...]:
    """Recordings of speech without digits or words that sound like them, from the data sets that are here."""
    rows = (row for name in _OTHER if recordings.has(name) for row in recordings.rows(name))
    return tuple(row.path for row in rows if row.split == "train" and not _has_number(row))


def _has_number(row: recordings.Row) -> bool:
    words = set(re.findall(r"[a-z]+", row.label.lower()))
    numbered = bool(words & _ALIKE) or any(word.endswith(("teen", "ty", "th")) for word in words)
    return numbered or "[" in row.label or bool(re.search(r"digits__(h-)?\d", row.path.stem))


class _Train(Drawn):
    def __init__(self, corpus: Corpus) -> None:
        super().__init__(
            corpus.settings.clips, lambda index: self.draw(np.random.default_rng([self.settings.seed, index]))
        )
        self.settings, self.voices = corpus.settings, corpus.speakers("train")
        self.real = tuple(name for name in self.voices if " " not in name)
        self.synthetic = tuple(name for name in self.voices if " " in name)

    def draw(self, rng: np.random.Generator, count: int = 0) -> Clip:
        """`count` digits (any number if 0) of one voice, sometimes with other speech; or only that; or silence."""
        count = count or int(rng.integers(1, self.settings.longest + 1))
        kind = rng.random() / max(self.settings.other, 1e-9)
        if kind < 0.5:
            return join((), (rng.uniform(0.6, 0.6 + 0.5 * count),), "silence")
        if kind < 1.0:
            return join((_passage(rng, 2.5),), rng.uniform(0.1, 0.6, 2).tolist(), "other speech")
        synthetic = self.synthetic and rng.random() < self.settings.synthetic
        names = self.synthetic if synthetic else self.real
        voice = names[rng.integers(len(names))]
        known = utterances(voice)
        said: list[Spoken | NDArray[np.float32]] = []
        for _ in range(count):
            if rng.random() < 0.05:
                said.append(_passage(rng, 1.5))
            digit = known[rng.integers(len(known))]
            said.append(cut(digit, rng.uniform(14.0, 40.0)) if rng.random() < self.settings.clipped else digit)
        # A third of the strings is said without a breath.
        between = (
            rng.uniform(0, 0.08, len(said)) if rng.random() < 0.3 else 0.02 + rng.exponential(0.12, len(said))
        )
        pauses = [rng.uniform(0.1, 0.5), *between[:-1], rng.uniform(0.15, 0.4)]
        return join(said, pauses, voice, rng.uniform(-3, 3, len(said)).tolist())


class _Held(Drawn):
    """Every recording of each voice once, dealt into strings."""

    def __init__(self, corpus: Corpus, name: str) -> None:
        self._seed = [corpus.settings.seed, _SPLITS.index(name)]
        self._strings = []
        for voice in corpus.speakers(name):
            order = np.random.default_rng(self._seed).permutation(len(utterances(voice)))
            self._strings += [(voice, order[place : place + STRING]) for place in range(0, len(order), STRING)]
        super().__init__(len(self._strings), self._string)

    def _string(self, index: int) -> Clip:
        voice, order = self._strings[index]
        rng = np.random.default_rng([*self._seed, index])
        said = [utterances(voice)[number] for number in order]
        pauses = [rng.uniform(0.2, 0.6), *rng.uniform(0.05, 0.4, len(said) - 1), rng.uniform(0.3, 0.6)]
        return join(said, pauses, f"{voice} {index}")


def _passage(rng: np.random.Generator, longest: float) -> NDArray[np.float32]:
    """A stretch of speech without digits, faded at its ends; silence where no such recordings are here."""
    paths = other_speech()
    if not paths:
        return np.zeros(int(longest * _RATE / 2), np.float32)
    whole = recordings.sound(paths[rng.integers(len(paths))])
    length = int(rng.uniform(0.4, longest) * _RATE)
    start = int(rng.integers(max(1, len(whole) - length)))
    piece = whole[start : start + length].copy()
    edge = min(len(piece) // 4, 160)
    ramp = np.linspace(0, 1, edge, dtype=np.float32)
    piece[:edge] *= ramp
    piece[len(piece) - edge :] *= ramp[::-1]
    return piece * np.float32(LEVEL / (float(np.sqrt(np.mean(np.square(piece)))) + 1e-3))
