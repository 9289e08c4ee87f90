"""Wake words in streams of other speech: crowd recordings of six words, and synthetic voices that say them too.

Nobody knows who speaks in the recordings: they are dealt to splits by their names, so that one speaker may be on
both sides. Synthetic voices are kept apart. Where there are neither recordings nor voices, there is no corpus.
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

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float32]

WORDS = ("alexa", "computer", "jarvis", "smart mirror", "snowboy", "view glass")
ALIKE = (
    "alex", "lexus", "electric", "commuter", "compute", "jar of", "service", "smart", "mirror", "smart meter",
    "snow", "boy", "no boy", "view", "glass", "new class",
)  # fmt: skip
"""What synthetic voices say that is none of the words, and sounds like one or is a part of it."""
TIER = "keyword"
HELD = {"valid": ("espeak en-us+m1",), "test": ("flite rms",)}
"""Voices that are never trained on."""
VOICES = 16
"""Synthetic voices of training, at most."""
_SET, _RATE = "keywords_picovoice", recordings.RATE
_NOBODY = (
    f"There is nobody who says the wake words: set {recordings.VARIABLE} to a folder that holds {_SET}, or "
    "install espeak-ng or flite"
)
_HEARD = (
    "read_arctic_kathleen", "prompts_asterisk_en", "digits_fsdd", "voices_packages", "voices_speech",
)  # fmt: skip
_BETWEEN = "read_arctic_kathleen"
_UNHEARD = {"valid": ("read_arctic_fraser",), "test": ("phones_timit_nltk", "emotion_ravdess")}
_CROWD = "commands_barista"
"""Recorded by as many people at home as the words: who hears only studios knows a word by its microphone."""
_DEALT = 25.0  # per cent of the crowd's recordings that validate, and that test
_BEFORE, _AFTER = 0.1, 0.2  # seconds around a word that are cut out with it


@dataclass(frozen=True)
class Settings(Base):
    """The knobs of the corpus."""

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
    licence: str = "Apache-2.0 (wake words); CC0 and CC BY-SA (passages of other speech)"

    def said(self, split: str) -> tuple[Said, ...]:
        """Every word of a split."""
        recordings.known(split)
        made = (each for voice in speakers(split) for each in _synthetic(voice, WORDS))
        found = (*map(_recorded, _recordings(split)), *made)
        if not found:
            raise CorpusMissing(_NOBODY)
        return found

    def parts(self, split: str) -> Iterator[tuple[str, Array]]:
        """Every recording of a word that may come up."""
        yield from ((f"{each.voice} {number}", each.samples) for number, each in enumerate(self.said(split)))

    def split(self, name: str) -> Sequence[Clip]:
        """Streams made when indexed: endless chance for `train`, every recording once for the others."""
        return Train(self) if name == "train" else Held(self, name)

    def negatives(self, split: str) -> tuple[recordings.Row, ...]:
        """Recordings of speech in which no word is said, and of which training and the other splits hear none."""
        return (*_without(_UNHEARD[split]), *_crowd(split))


def build(settings: Settings) -> Corpus:
    return Corpus(settings)


def speakers(split: str) -> tuple[str, ...]:
    """The synthetic voices of a split that this machine has."""
    held = {voice for each in HELD.values() for voice in each}
    free = [voice for voice in voices.available() if voice not in held]
    if split == "train":  # the few of flite, and of the many others as many as there is room for
        few, many = ([each for each in free if each.startswith("flite") is flite] for flite in (True, False))
        room = min(len(many), VOICES - len(few))
        return (*few, *(many[place * len(many) // room] for place in range(room)))
    return tuple(voice for voice in voices.available() if voice in HELD[split])


def words_in(text: str) -> bool:
    """Whether one of the words, or a part of one, is in a text."""
    parts = {part for word in WORDS for part in word.split()}
    return bool(parts & set(re.findall(r"[a-z]+", text.lower())))


class Train(Drawn):
    """Streams drawn by chance."""

    def __init__(self, corpus: Corpus) -> None:
        super().__init__(
            corpus.settings.clips, lambda index: self.draw(np.random.default_rng([corpus.settings.seed, index]))
        )
        self.settings, self._voices = corpus.settings, speakers("train")
        self._rows = {word: [row for row in _recordings("train") if row.label == word] for word in WORDS}
        if not self._voices and not any(self._rows.values()):
            raise CorpusMissing(_NOBODY)

    def draw(self, rng: np.random.Generator) -> Clip:
        """One or two words with other speech around them; or only that; or silence."""
        if rng.random() < self.settings.other:
            if rng.random() < 0.25:
                return joined([], rng.uniform(1.0, 3.0, 1).tolist(), "silence")
            said = [_other(rng) for _ in range(int(rng.integers(1, 4)))]
            return joined(said, rng.uniform(0.05, 0.5, len(said) + 1).tolist(), "other speech")
        pieces: list[Said] = []
        for _ in range(1 + int(rng.random() < 0.35)):
            pieces += [_other(rng)] if rng.random() < 0.4 else []
            pieces.append(self._word(rng))
        pieces += [_other(rng)] if rng.random() < 0.4 else []
        # People who call a word in a sentence leave no pause.
        between = rng.uniform(0.0, 0.15, len(pieces)) + rng.exponential(0.15, len(pieces))
        name = next(each.voice for each in pieces if each.word)
        return joined(pieces, [rng.uniform(0.1, 0.6), *between[:-1], rng.uniform(0.4, 0.8)], name)

    def _word(self, rng: np.random.Generator) -> Said:
        word, made = WORDS[rng.integers(len(WORDS))], rng.random() < self.settings.synthetic
        rows = self._rows[word]
        if self._voices and (made or not rows):
            some = _synthetic(self._voices[rng.integers(len(self._voices))], WORDS)
            among = [each for each in some if each.word == word] or some
            return _cut(among[rng.integers(len(among))])
        return _cut(_recorded(rows[rng.integers(len(rows))]))


class Held(Drawn):
    """Every recording of a split once, as it was recorded, between two passages of other speech."""

    def __init__(self, corpus: Corpus, name: str) -> None:
        self._said, self._seed = corpus.said(name), [corpus.settings.seed, recordings.SPLITS.index(name)]
        super().__init__(len(self._said), self._stream)

    def _stream(self, index: int) -> Clip:
        said, rng = self._said[index], np.random.default_rng([*self._seed, index])
        around = [_passage(rng, _rows(_BETWEEN, "test"), 2.0) for _ in range(2)]
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
    return int(most[0]) * size, int(most[-1] + 1) * size


def _recordings(split: str) -> tuple[recordings.Row, ...]:
    """The recordings of a split; none where they are not on this machine."""
    if not recordings.has(_SET):
        return ()
    rows = recordings.rows(_SET)
    return tuple(row for row in rows if row.label in WORDS and dealing.split(_name(row)) == split)


@functools.lru_cache(maxsize=1024)
def _recorded(row: recordings.Row) -> Said:
    return _levelled(row.label, _SET, recordings.sound(row.path))


def _name(row: recordings.Row) -> str:
    return f"{row.path.parent.name}/{row.path.stem}"


@functools.lru_cache(maxsize=64)
def _synthetic(voice: str, words: tuple[str, ...]) -> tuple[Said, ...]:
    """What a voice says, each word three times; without a word where it is none of ours."""
    made = voices.say(voice, words)
    named = ((words[number // 3], samples) for number, samples in enumerate(made) if len(samples) > 800)
    return tuple(_levelled(word if word in WORDS else "", voice, samples) for word, samples in named)


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


def _other(rng: np.random.Generator) -> Said:
    """A passage of other speech, or something that sounds like one of the words."""
    voiced = speakers("train")
    if voiced and rng.random() < 0.35:
        said = _synthetic(voiced[rng.integers(len(voiced))], ALIKE)
        if said:
            return _cut(said[rng.integers(len(said))])
    sets = heard()
    return _passage(rng, sets[rng.integers(len(sets))] if sets else (), 2.0)


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


@recordings.kept(1)
def heard() -> tuple[tuple[recordings.Row, ...], ...]:
    """The recordings of other speech that training hears, set by set: none by a voice that tests the words."""
    held = tuple(re.sub(r"\W", "-", voice) for each in HELD.values() for voice in each)
    sets = (*(_rows(name, "train") for name in _HEARD), _crowd("train"))
    free = (tuple(row for row in rows if not row.speaker.startswith(held)) for rows in sets)
    return tuple(rows for rows in free if rows)


@recordings.kept(8)
def _rows(name: str, split: str) -> tuple[recordings.Row, ...]:
    """The recordings of a split of a set, if that is here, without those in whose text one of the words is."""
    return tuple(row for row in _without((name,)) if row.split == split)


@recordings.kept(3)
def _crowd(split: str) -> tuple[recordings.Row, ...]:
    """Nobody knows who speaks in these either: they are dealt by their names."""
    return tuple(row for row in _without((_CROWD,)) if dealing.split(row.path.stem, _DEALT, _DEALT) == split)


@recordings.kept(8)
def _without(sets: tuple[str, ...]) -> tuple[recordings.Row, ...]:
    rows = (row for name in sets if recordings.has(name) for row in recordings.rows(name))
    return tuple(row for row in rows if not words_in(row.label))
