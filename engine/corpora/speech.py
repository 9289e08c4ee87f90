"""Spoken English with its text: read sentences, prompts and commands of real speakers, and synthetic voices.

It takes of these data sets what lies below OTOSCOPE_DATA; read_arctic_kathleen must. Where a recording's own text
is no truth, what a recogniser heard surely is taken (assets/transcripts), and only to train.
"""

from __future__ import annotations

import csv
import functools
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, overload

import numpy as np

from engine import asset, normaliser, phrases, recordings, spreading
from engine.clip import Clip, Label, from_array
from engine.corpora.corpus import Facts
from engine.knob import Settings as Base
from engine.knob import knob

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

FACTS = Facts(
    "Spoken English: ARCTIC, Kathleen",
    "CC0",
    "1 speaker, 1132 sentences, 1.0 h, 20 MB; prompts, digits, orders and synthetic voices beside it too",
    "a reader of the CMU ARCTIC prompts, with a table manifest.tsv of all files",
    ("read_arctic_kathleen",),
    "manifest.tsv",
    "manifest.tsv",
)
TIER = "word"
PLAIN = re.compile(r"[a-z' ]+")
READ, OTHER, HAND, SYNTHETIC = "read_arctic_kathleen", "read_arctic_fraser", "phones_timit_nltk", "voices_speech"
PROMPTS, DIGITS, WAKE = "prompts_asterisk_en", "digits_fsdd", "keywords_picovoice"
HEARD = ("commands_barista", "voices_packages")
"""Sets whose texts a recogniser has heard, in assets/transcripts."""
TIMES = {READ: 4, PROMPTS: 3, HEARD[0]: 6, HEARD[1]: 3}
"""How often an epoch brings a recording: there is little real speech."""
APART = 10
"""One in so many sentences that Kathleen and Fraser both say is kept for the test, beside those of her table."""
SHOWN = ("speech-1", "speech-2", "speech-3")
"""Bundled clips; training leaves out what they say."""
DIGIT = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
SAID_BY_ALL = ("sa1", "sa2")
_MARK = re.compile(r"(?<=[.,;:?!])\s+")
STRING, PAUSE = 5, 0.08
"""Digits joined into one string, and the seconds between them."""


@dataclass(frozen=True)
class Settings(Base):
    """The knobs of the corpus."""

    clips: int = knob(
        0, 0, 1_000_000, help="Clips of an epoch, drawn from all that there are; 0: all of them", effect="restart"
    )
    longest: float = knob(
        5.0,
        1.0,
        30.0,
        unit="s",
        label="longest clip",
        help="Longer clips are cut where a pause and a mark in the text agree; what is not surely parted is not "
        "learnt from, and counted. A pass over longer ones takes more memory.",
        effect="restart",
    )
    synthetic: bool = knob(True, help="Learn from synthetic voices too", effect="restart")
    seed: int = knob(0, 0, 2**31 - 1, help="Which clips are drawn", effect="restart")


@dataclass(frozen=True)
class Item:
    """One utterance: recordings that are joined with short pauses, and the plain text of all."""

    paths: tuple[Path, ...]
    text: str
    speaker: str
    seconds: float
    written: str
    """The text with its capitals and punctuation, where it has any."""
    part: tuple[float, float] | None = None
    """From where to where in seconds it is said, of a recording that holds more."""
    language: str = ""

    @property
    def name(self) -> str:
        return f"{self.paths[0].stem}, {self.speaker}"

    def sound(self) -> NDArray[np.float32]:
        """Mono [n] at 16 kHz. Raises CorpusMissing."""
        if len(self.paths) == 1:
            whole = recordings.sound(self.paths[0])
            if self.part is None:
                return whole
            start, stop = (round(each * recordings.RATE) for each in self.part)
            return whole[start:stop]
        gap = np.zeros(round(PAUSE * recordings.RATE), np.float32)
        return np.concatenate([part for path in self.paths for part in (recordings.sound(path), gap)])


class Utterances(Sequence[Clip]):
    """Clips that are read when they are indexed; `items` are known without that."""

    def __init__(self, items: Sequence[Item]) -> None:
        self.items = tuple(items)

    def __len__(self) -> int:
        return len(self.items)

    @overload
    def __getitem__(self, index: int) -> Clip: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Clip]: ...
    def __getitem__(self, index: int | slice) -> Clip | Sequence[Clip]:
        if isinstance(index, slice):
            return Utterances(self.items[index])
        item = self.items[index]
        sound = item.sound()
        clip = from_array(sound, recordings.RATE, item.name, spread(sound, item.text))
        return replace(clip, language=item.language)

    def frames(self, index: int) -> int:
        """How many samples a clip has; one that is kept at 16 kHz need not be read for that."""
        item = self.items[index]
        return _length(item.paths[0]) if len(item.paths) == 1 and item.part is None else len(item.sound())


@dataclass(frozen=True)
class Corpus:
    """Utterances with words. Test texts are never learnt from, whoever says them. Raises CorpusMissing."""

    settings: Settings
    licence: str = "CC0 to CC BY-SA 4.0 for training; tests also CC BY-NC-SA (TIMIT) and unstated (Fraser)"

    def split(self, name: str) -> Utterances:
        """`train` may bring a recording more than once; `test` has speakers and texts that training has not."""
        recordings.known(name)
        recordings.place(FACTS)
        found = {"train": self._train, "valid": self._valid, "test": _test}[name]()
        most = self.settings.clips
        if most and name == "train":
            order = np.random.default_rng(self.settings.seed).permutation(len(found))[:most]
            found = [found[place] for place in order.tolist()]
        return Utterances(found)

    def notes(self) -> tuple[str, ...]:
        """What became of training clips that are longer than the longest, in words; none where there are none."""
        longest = self.settings.longest
        long = {item.paths: item for item in self._all() if item.seconds > longest}.values()
        pieces = [_pieces(item, longest) for item in long]
        whole = [sum(len(each.text.split()) for each in found) for found in pieces]
        cut = sum(map(bool, pieces))
        lost = sum(count < len(item.text.split()) for item, count in zip(long, whole, strict=True))
        notes = [f"{cut} clips are longer than {longest:g} s and are cut at pauses"] if cut else []
        if lost:
            notes.append(f"{lost} clips are longer than {longest:g} s, and what no pause surely parts is left out")
        return tuple(notes)

    def _train(self) -> list[Item]:
        longest, kept = self.settings.longest, _kept()
        found = []
        for item in self._all():
            pieces = (item,) if item.seconds <= longest else _pieces(item, longest)
            found += [each for each in pieces if each.text not in kept]
        return found

    def _all(self) -> list[Item]:
        names = (READ, PROMPTS, DIGITS, WAKE, *HEARD, *((SYNTHETIC,) if self.settings.synthetic else ()))
        kept = _kept()
        found = [item for name in names if recordings.has(name) for item in _items(name, "train")]
        return [item for item in found if item.text not in kept]

    def _valid(self) -> list[Item]:
        read = _shared()[::3]
        synthetic = _items(SYNTHETIC, "valid") if recordings.has(SYNTHETIC) and self.settings.synthetic else ()
        voices = {item.speaker: item for item in synthetic}
        chosen = [item for item in synthetic if item.speaker.startswith(("piper", "flite"))]
        some = chosen[:: max(1, len(chosen) // 24)][:24]
        return [*read, *dict.fromkeys((*list(voices.values())[:12], *some))]


def build(settings: Settings) -> Corpus:
    return Corpus(settings)


def plain(label: str) -> str:
    """A label in lower case a to z, apostrophes and single spaces; "" where anything else is said."""
    if "[" in label or "..." in label:
        return ""
    text = normaliser.normalise(label, normaliser.LEARNT)
    alone = any(len(word) == 1 and word not in "aio" for word in text.split())
    return text if PLAIN.fullmatch(text) and not alone else ""


def spread(sound: NDArray[np.float32], text: str, rate: int = recordings.RATE) -> tuple[Label, ...]:
    """The words of a text with times: an estimate, from how loud sound [n] is, as no one has marked them."""
    return tuple(Label(word.start, word.stop, word.text, TIER) for word in spreading.spread(text, sound, rate))


def _test() -> list[Item]:
    """Kathleen's and Fraser's sentences that training left out, and TIMIT's without the two that all say."""
    read = [item for place, item in enumerate(_shared()) if place % 3]
    kept = {item.text for item in _shared()}
    other = [item for item in _items(OTHER) if item.text in kept] if recordings.has(OTHER) else []
    hand = _items(HAND) if recordings.has(HAND) else ()
    return [*read, *other, *(item for item in hand if item.paths[0].stem not in SAID_BY_ALL)]


@functools.lru_cache(maxsize=100_000)
def _length(path: Path) -> int:
    import soundfile

    found = soundfile.info(path)
    return int(found.frames) if found.samplerate == recordings.RATE else len(recordings.sound(path))


def _shared() -> tuple[Item, ...]:
    """Kathleen's sentences that are kept from training: those her table names, and some that Fraser says too."""
    other = {item.text for item in _items(OTHER)} if recordings.has(OTHER) else set()
    also = (item for item in dict.fromkeys(_items(READ, "train")) if item.text in other)
    return (*_items(READ, "test"), *(item for item in also if _digest(item.text) % APART == 0))


def _kept() -> frozenset[str]:
    """Texts that training leaves out: those of tests and of validation, and of the bundled clips."""
    found = {item.text for item in (*_shared(), *_test())}
    found |= {plain(label.text) for name in SHOWN for label in asset.open_bundled(name).labels}
    if recordings.has(SYNTHETIC):
        found |= {item.text for item in _items(SYNTHETIC, "valid")}
    return frozenset(found)


def _items(name: str, split: str = "") -> tuple[Item, ...]:
    """The utterances of a data set whose text is plain, as often as they are to come up. Raises CorpusMissing."""
    return _found(recordings.folder(name), name, split)


@functools.lru_cache(maxsize=32)
def _found(place: Path, name: str, split: str) -> tuple[Item, ...]:
    rows = [row for row in recordings.rows(name) if not split or row.split == split]
    if name == DIGITS:
        return tuple(_strings(rows))
    texts = _transcripts(name) if name in HEARD else None
    found = []
    for row in rows:
        text = plain(row.label) if texts is None else texts.get(row.path.relative_to(place).as_posix(), "")
        if text:
            speaker = f"timit {row.speaker}" if name == HAND else row.speaker
            written = " ".join(row.label.split()) if texts is None else text
            found.append(Item((row.path,), text, speaker, row.seconds, written, language=row.language))
    return tuple(found) * (TIMES.get(name, 1) if split == "train" else 1)


@functools.lru_cache(maxsize=10_000)
def _pieces(item: Item, longest: float) -> tuple[Item, ...]:
    """What is surely parted of an utterance of one recording, in pieces of `longest` seconds at most."""
    written = _MARK.split(item.written)
    said = [plain(each) for each in written]
    if len(item.paths) > 1 or " ".join(said) != item.text:
        return ()
    found = phrases.cut(recordings.sound(item.paths[0]), recordings.RATE, said, longest)
    return tuple(
        replace(
            item,
            text=" ".join(said[each.first : each.last]),
            written=" ".join(written[each.first : each.last]),
            seconds=each.stop - each.start,
            part=(each.start, each.stop),
        )
        for each in found
    )


def _transcripts(name: str) -> dict[str, str]:
    with asset.path("transcripts", f"{name}.tsv").open(encoding="utf-8", newline="") as lines:
        return {row["file"]: row["text"] for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)}


def _strings(rows: Sequence[recordings.Row]) -> Iterator[Item]:
    """Digits of one speaker, in an order of their own, as strings of five."""
    for speaker in dict.fromkeys(row.speaker for row in rows):
        mine = [row for row in rows if row.speaker == speaker]
        mine.sort(key=lambda row: _digest(row.path.stem))
        for start in range(0, len(mine) - STRING + 1, STRING):
            said = mine[start : start + STRING]
            text = " ".join(DIGIT[int(row.label)] for row in said)
            seconds = sum(row.seconds + PAUSE for row in said)
            yield Item(tuple(row.path for row in said), text, speaker, seconds, text)


def _digest(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
