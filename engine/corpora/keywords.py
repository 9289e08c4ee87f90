"""Keywords in streams of other speech: recordings of six wake words or of the ten digits, and synthetic voices.

Nobody knows who speaks in the recordings of the wake words: they are dealt to splits by their names, so that one
speaker may be on both sides. Speakers of digits and synthetic voices are kept apart. Where there are neither
recordings nor voices, there is no corpus.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine import dealing, recordings, voices
from engine.clip import Clip, Label, from_array
from engine.corpora.corpus import CorpusMissing
from engine.drawn import Drawn
from engine.knob import Settings as Base
from engine.knob import knob
from engine.utterance import LEVEL
from engine.wordset import SETS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from engine.wordset import WordSet

    Array = NDArray[np.float32]

TIER = "keyword"
_RATE = recordings.RATE
_BETWEEN = "read_arctic_kathleen"
_UNHEARD = {"valid": ("read_arctic_fraser",), "test": ("phones_timit_nltk", "emotion_ravdess")}
_CROWD = "commands_barista"
"""Recorded by as many people at home as the words: who hears only studios knows a word by its microphone."""
_DEALT = 25.0  # per cent of the crowd's recordings that validate, and that test
_SHORTEST = 0.1  # seconds of a word: what is shorter is a knock in a recording that has little silence
_BEFORE, _AFTER = 0.1, 0.2  # seconds around a word that are cut out with it


@dataclass(frozen=True)
class Settings(Base):
    """The knobs of the corpus."""

    words: str = knob("wake", choices=tuple(SETS), help="The six wake words, or the ten digits", effect="restart")
    clips: int = knob(3000, 10, 1_000_000, log=True, help="Streams of an epoch of training", effect="restart")
    synthetic: float = knob(0.3, 0.0, 1.0, help="Share of words that a synthetic voice says", effect="restart")
    other: float = knob(0.35, 0.0, 0.9, help="Share of streams in which no word is said", effect="restart")
    seed: int = knob(0, 0, 2**31 - 1, help="Another seed, another corpus", effect="restart")


@dataclass(frozen=True, eq=False)
class Said:
    """A word in a recording: samples [n] at 16 kHz, in which it sounds from `start` to `stop`; "" is none."""

    word: str
    voice: str
    samples: Array
    start: int
    stop: int


@dataclass(frozen=True)
class Corpus:
    """Streams with labels of the tier "keyword". Raises CorpusMissing where there is nobody to say the words."""

    settings: Settings
    licence: str = "Apache-2.0 (wake words), CC BY-SA 4.0 (digits); CC0 and CC BY-SA (passages of other speech)"

    @property
    def words(self) -> WordSet:
        return SETS[self.settings.words]

    def said(self, split: str) -> tuple[Said, ...]:
        """Every word of a split."""
        recordings.known(split)
        made = (each for voice in speakers(self.words, split) for each in _synthetic(self.words, voice, False))
        found = (*(_recorded(self.words, row) for row in _recordings(self.words, split)), *made)
        if not found:
            raise CorpusMissing(_nobody(self.words))
        return found

    def parts(self, split: str) -> Iterator[tuple[str, Array]]:
        """Every recording of a word that may come up."""
        yield from ((f"{each.voice} {number}", each.samples) for number, each in enumerate(self.said(split)))

    def split(self, name: str) -> Sequence[Clip]:
        """Streams made when indexed: endless chance for `train`, every recording once for the others."""
        return Train(self) if name == "train" else Held(self, name)

    def negatives(self, split: str) -> tuple[recordings.Row, ...]:
        """Recordings of speech in which no word is said, and of which training and the other splits hear none."""
        return (*_without(self.words, _UNHEARD[split]), *_crowd(self.words, split))


def build(settings: Settings) -> Corpus:
    return Corpus(settings)


def speakers(words: WordSet, split: str) -> tuple[str, ...]:
    """The synthetic voices of a split that this machine has."""
    held = {voice for each in words.held.values() for voice in each}
    free = [voice for voice in voices.available() if voice not in held]
    if split == "train":  # the few of flite, and of the many others as many as there is room for
        few, many = ([each for each in free if each.startswith("flite") is flite] for flite in (True, False))
        room = min(len(many), words.voices - len(few))
        return (*few, *(many[place * len(many) // room] for place in range(room)))
    return tuple(voice for voice in voices.available() if voice in words.held[split])


class Train(Drawn):
    """Streams drawn by chance."""

    def __init__(self, corpus: Corpus) -> None:
        super().__init__(
            corpus.settings.clips, lambda index: self.draw(np.random.default_rng([corpus.settings.seed, index]))
        )
        self.settings, self._words, self._voices = corpus.settings, corpus.words, speakers(corpus.words, "train")
        rows = _recordings(self._words, "train")
        self._rows = {word: [row for row in rows if self._words.word(row) == word] for word in self._words.words}
        if not self._voices and not rows:
            raise CorpusMissing(_nobody(self._words))

    def draw(self, rng: np.random.Generator) -> Clip:
        """One word or more with other speech around them; or only that; or silence."""
        if rng.random() < self.settings.other:
            if rng.random() < 0.25:
                return joined([], rng.uniform(1.0, 3.0, 1).tolist(), "silence")
            said = [self._other(rng) for _ in range(int(rng.integers(1, 4)))]
            return joined(said, rng.uniform(0.05, 0.5, len(said) + 1).tolist(), "other speech")
        pieces: list[Said] = []
        count = 1
        while count < self._words.most and rng.random() < self._words.more:
            count += 1
        for _ in range(count):
            pieces += [self._other(rng)] if rng.random() < 0.4 else []
            pieces.append(self._word(rng))
        pieces += [self._other(rng)] if rng.random() < 0.4 else []
        # People who call a word in a sentence leave no pause.
        between = rng.uniform(0.0, 0.15, len(pieces)) + rng.exponential(0.15, len(pieces))
        name = next(each.voice for each in pieces if each.word)
        return joined(pieces, [rng.uniform(0.1, 0.6), *between[:-1], rng.uniform(0.4, 0.8)], name)

    def _word(self, rng: np.random.Generator) -> Said:
        every = self._words.words
        word, made = every[rng.integers(len(every))], rng.random() < self.settings.synthetic
        rows = self._rows[word]
        if self._voices and (made or not rows):
            some = _synthetic(self._words, self._voices[rng.integers(len(self._voices))], False)
            among = [each for each in some if each.word == word] or some
            return _cut(among[rng.integers(len(among))])
        return _cut(_recorded(self._words, rows[rng.integers(len(rows))]))

    def _other(self, rng: np.random.Generator) -> Said:
        """A passage of other speech, or something that sounds like one of the words."""
        if self._words.spliced and all(self._rows.values()) and rng.random() < self._words.spliced:
            return self._spliced(rng)
        if self._voices and rng.random() < 0.35:
            said = _synthetic(self._words, self._voices[rng.integers(len(self._voices))], True)
            if said:
                return _cut(said[rng.integers(len(said))])
        sets = heard(self._words)
        return _passage(rng, sets[rng.integers(len(sets))] if sets else (), 2.0)

    def _spliced(self, rng: np.random.Generator) -> Said:
        """The beginning of one recorded word and the end of another, which are no word."""
        rows = [self._rows[self._words.words[place]] for place in rng.permutation(len(self._words.words))[:2]]
        first, last = (_cut(_recorded(self._words, each[rng.integers(len(each))])) for each in rows)
        ends = rng.uniform(0.35, 0.65, 2) * (len(first.samples), len(last.samples))
        halves = _faded(first.samples[: int(ends[0])]), _faded(last.samples[int(ends[1]) :])
        return Said("", first.voice, np.concatenate(halves), 0, 0)


class Held(Drawn):
    """Every recording of a split once, as it was recorded, between two passages of other speech."""

    def __init__(self, corpus: Corpus, name: str) -> None:
        self._words, self._said = corpus.words, corpus.said(name)
        self._seed = [corpus.settings.seed, recordings.SPLITS.index(name)]
        super().__init__(len(self._said), self._stream)

    def _stream(self, index: int) -> Clip:
        said, rng = self._said[index], np.random.default_rng([*self._seed, index])
        around = [_passage(rng, _rows(self._words, _BETWEEN, "test"), 2.0) for _ in range(2)]
        pauses = [0.2, *rng.uniform(0.1, 0.4, 2), 0.6]
        return joined([around[0], said, around[1]], pauses, f"{said.word} {index}, {said.voice}")


def joined(said: Sequence[Said], pauses: Sequence[float], name: str) -> Clip:
    """Pieces with `pauses` seconds before, between and behind them (one more than pieces), and their labels."""
    parts, labels, place = [np.zeros(round(pauses[0] * _RATE), np.float32)], [], round(pauses[0] * _RATE)
    for each, pause in zip(said, pauses[1:], strict=True):
        if each.word:
            labels.append(Label((place + each.start) / _RATE, (place + each.stop) / _RATE, each.word, TIER))
        parts += [each.samples, np.zeros(round(pause * _RATE), np.float32)]
        place += len(each.samples) + len(parts[-1])
    return from_array(np.concatenate(parts), _RATE, name, tuple(labels))


def sounding(samples: Array) -> tuple[int, int]:
    """Where the loudest stretch of sound [n] at 16 kHz begins and ends, pauses of up to 0.25 s within it."""
    size = _RATE // 100
    count = len(samples) // size
    if count < 10:
        return 0, len(samples)
    power = np.mean(np.square(samples[: count * size].reshape(count, size)), axis=1)
    level = np.convolve(10 * np.log10(power + 1e-10), np.ones(5) / 5, "same")
    low, high = np.percentile(level, [15, 97])
    loud = np.flatnonzero(level >= max(high - 30, low + 0.35 * (high - low)))
    groups = np.split(loud, np.flatnonzero(np.diff(loud) > 25) + 1)
    most = max(groups, key=lambda group: float(power[group].sum()))
    start, stop = int(most[0]) * size, int(most[-1] + 1) * size
    return (start, stop) if stop - start > _SHORTEST * _RATE else voices.spoken(samples)


def _nobody(words: WordSet) -> str:
    return (
        f"There is nobody who says {words.words[0]}: set {recordings.VARIABLE} to a folder that holds "
        f"{words.recorded}, or install espeak-ng or flite"
    )


def _recordings(words: WordSet, split: str) -> tuple[recordings.Row, ...]:
    """The recordings of a split; none where they are not on this machine."""
    if not recordings.has(words.recorded):
        return ()
    rows = recordings.rows(words.recorded)
    return tuple(row for row in rows if words.word(row) and words.split(row) == split)


@functools.lru_cache(maxsize=4096)
def _recorded(words: WordSet, row: recordings.Row) -> Said:
    voice = words.recorded if row.speaker == "?" else row.speaker
    return _levelled(words.word(row), voice, recordings.sound(row.path))


@functools.lru_cache(maxsize=128)
def _synthetic(words: WordSet, voice: str, alike: bool) -> tuple[Said, ...]:
    """What a voice says, each word three times; without a word where it is only alike."""
    texts = words.alike if alike else words.words
    named = ((texts[number // 3], samples) for number, samples in enumerate(voices.say(voice, texts)))
    return tuple(_levelled("" if alike else text, voice, each) for text, each in named if len(each) > 800)


def _levelled(word: str, voice: str, samples: Array) -> Said:
    start, stop = sounding(samples)
    loud = float(np.sqrt(np.mean(np.square(samples[start:stop])))) + 1e-6
    made = samples * np.float32(LEVEL / loud)
    made.setflags(write=False)
    return Said(word, voice, made, start, stop)


def _cut(said: Said) -> Said:
    """The word alone, with a little around it."""
    first = max(0, said.start - round(_BEFORE * _RATE))
    last = min(len(said.samples), said.stop + round(_AFTER * _RATE))
    return Said(said.word, said.voice, _faded(said.samples[first:last]), said.start - first, said.stop - first)


def _passage(rng: np.random.Generator, rows: tuple[recordings.Row, ...], longest: float) -> Said:
    """A stretch of a recording; silence where there is none."""
    if not rows:
        return Said("", "", np.zeros(int(longest * _RATE / 2), np.float32), 0, 0)
    whole = recordings.sound(rows[rng.integers(len(rows))].path)
    length = int(rng.uniform(0.4, longest) * _RATE)
    start = int(rng.integers(max(1, len(whole) - length)))
    piece = _faded(whole[start : start + length])
    loud = float(np.sqrt(np.mean(np.square(piece)))) + 1e-3
    return Said("", "", piece * np.float32(LEVEL / loud), 0, 0)


def _faded(samples: Array) -> Array:
    """A copy whose ends rise from nothing and sink to it over 10 ms."""
    made = samples.copy()
    edge = min(len(made) // 4, 160)
    ramp = np.linspace(0, 1, edge, dtype=np.float32)
    made[:edge] *= ramp
    made[len(made) - edge :] *= ramp[::-1]
    return made


@recordings.kept(2)
def heard(words: WordSet) -> tuple[tuple[recordings.Row, ...], ...]:
    """The recordings of other speech that training hears, set by set: none by a voice that tests the words."""
    held = tuple(re.sub(r"\W", "-", voice) for each in words.held.values() for voice in each)
    sets = (*(_rows(words, name, "train") for name in words.heard), _crowd(words, "train"))
    free = (tuple(row for row in rows if not row.speaker.startswith(held)) for rows in sets)
    return tuple(rows for rows in free if rows)


@recordings.kept(16)
def _rows(words: WordSet, name: str, split: str) -> tuple[recordings.Row, ...]:
    """The recordings of a split of a set, if that is here, without those in whose text one of the words is."""
    return tuple(row for row in _without(words, (name,)) if row.split == split)


@recordings.kept(6)
def _crowd(words: WordSet, split: str) -> tuple[recordings.Row, ...]:
    """Nobody knows who speaks in these either: they are dealt by their names."""
    return tuple(
        row for row in _without(words, (_CROWD,)) if dealing.split(row.path.stem, _DEALT, _DEALT) == split
    )


@recordings.kept(16)
def _without(words: WordSet, sets: tuple[str, ...]) -> tuple[recordings.Row, ...]:
    rows = (row for name in sets if recordings.has(name) for row in recordings.rows(name))
    return tuple(row for row in rows if not words.within(row.label))
