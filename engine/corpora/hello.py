"""Hello, world: forty clips of two words, twenty each; bundled voices, or your own recordings in a folder."""

from __future__ import annotations

import csv
import functools
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from engine import asset, recordings
from engine.audio import length
from engine.clip import Label, from_array
from engine.corpora.corpus import CorpusMissing
from engine.knob import Settings as Base
from engine.knob import knob

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engine.clip import Clip

TIER, WORD = "character", "word"
RATE, LONGEST = 16000, 5.0
"""Hertz and seconds: of the notes. A longer clip is cut in pieces; no part of it is thrown away unsaid."""
WORDS = ("hello", "world")
TABLE = "manifest.tsv"
_SOUNDS = (".wav", ".flac", ".ogg", ".mp3")
_LAYOUT = (
    "name its files hello-1.wav, world-1.wav and so on, put them into folders hello and world, or write a "
    f"{TABLE} with the columns file, voice and text"
)
_SURE = 0.95  # of a clip's energy in one piece: all that was said lies there
_ACTIVE = 0.05  # of the loudest 20 ms: somebody speaks


@dataclass(frozen=True)
class Settings(Base):
    """The knobs of the corpus."""

    folder: str = knob(
        "",
        help="Your own recordings to learn from; empty: bundled voices. What it is tried on is bundled",
        file=True,
        effect="restart",
    )


@dataclass(frozen=True)
class Row:
    """One recording: its file, who speaks, what is said, and in which split it is."""

    path: Path
    voice: str
    text: str
    split: str


@dataclass(frozen=True)
class Corpus:
    """Training clips of a folder or bundled ones; the other splits are bundled voices that are in no training.

    A folder whose table has the splits valid and test is tried on those. Raises CorpusMissing, when a split is
    asked for, where a folder cannot be used.
    """

    settings: Settings
    licence: str = "CC0-1.0"

    def rows(self, name: str) -> tuple[Row, ...]:
        """The files of a split. Raises LookupError for another name."""
        recordings.known(name)
        if not self.settings.folder:
            return _of(_bundled(), name)
        own = table(Path(self.settings.folder).expanduser())
        if name == "train" or _of(own, name):
            return _of(own, name)
        texts = {row.text for row in _of(own, "train")}
        if not texts <= set(WORDS):
            raise CorpusMissing(
                f"{self.settings.folder} has texts other than {' and '.join(WORDS)}, which no bundled voice says: "
                f"give its {TABLE} a column split, with train, valid and test, and no voice in two of them"
            )
        return _of(_bundled(), name)

    def split(self, name: str) -> Sequence[Clip]:
        """Clips with their characters and words as labels, mono at 16 kHz. Training ones are LONGEST at most."""
        rows = self.rows(name)
        return _pieces(rows)[0] if name == "train" else tuple(_clip(row) for row in rows)

    def notes(self) -> tuple[str, ...]:
        """What became of training clips that are longer than LONGEST, in words; none where there are none."""
        return _pieces(self.rows("train"))[1]

    def texts(self) -> tuple[str, ...]:
        """What is said in training, each once, sorted."""
        return tuple(sorted({row.text for row in self.rows("train")}))


def build(settings: Settings) -> Corpus:
    return Corpus(settings)


def table(folder: Path) -> tuple[Row, ...]:
    """The recordings of a folder: by its manifest.tsv, or by their names. Raises CorpusMissing."""
    if not folder.is_dir():
        raise CorpusMissing(f"there is no folder {folder}; record there first, or leave it empty")
    listed = folder / TABLE
    rows = _listed(listed) if listed.is_file() else _named(folder)
    if not rows:
        raise CorpusMissing(f"{folder} holds no recordings of hello or world: {_LAYOUT}")
    voices: dict[str, str] = {}
    for row in rows:
        if voices.setdefault(row.voice, row.split) != row.split:
            raise CorpusMissing(
                f"{listed}: the voice {row.voice} is in the splits {voices[row.voice]} and {row.split}; an error "
                "on a voice that was learnt from says little: give each voice one split"
            )
    return rows


def _named(folder: Path) -> tuple[Row, ...]:
    """hello-3.wav, or any sound in a folder hello; all one voice, whose name is the folder's."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in _SOUNDS:
            words = (path.stem.lower(), path.parent.name.lower() if path.parent != folder else "")
            said = next((word for place in words for word in WORDS if place.startswith(word)), None)
            if said is not None:
                found.append(Row(path, folder.name, said, "train"))
    return tuple(found)


def _listed(listed: Path) -> tuple[Row, ...]:
    try:
        with listed.open(encoding="utf-8-sig", newline="") as lines:
            read = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
            rows = [
                Row(listed.parent / row["file"], row["voice"], row["text"].lower(), row.get("split") or "train")
                for row in read
            ]
    except (OSError, UnicodeDecodeError, KeyError, TypeError, AttributeError) as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise CorpusMissing(
            f"{listed} cannot be used ({reason}); it needs the columns file, voice, text"
        ) from error
    for row in rows:
        if row.split not in recordings.SPLITS:
            raise CorpusMissing(
                f"{listed}: {row.path.name} is in a split {row.split!r}; write train, valid or test"
            )
    return tuple(rows)


def _of(rows: Sequence[Row], split: str) -> tuple[Row, ...]:
    return tuple(row for row in rows if row.split == split)


@functools.cache
def _bundled() -> tuple[Row, ...]:
    return _listed(asset.path("hello", TABLE))


def _clip(row: Row) -> Clip:
    """The whole recording. Raises CorpusMissing."""
    sound = recordings.read(row.path)
    take = row.path.stem.removeprefix(f"{row.text}-")
    return from_array(
        sound, RATE, f"{row.text}, {row.voice}" if row.voice in take else take, labels(sound, row.text)
    )


@functools.lru_cache(maxsize=4)
def _pieces(rows: tuple[Row, ...]) -> tuple[tuple[Clip, ...], tuple[str, ...]]:
    """Training clips of LONGEST at most, and what there is to say of those that were longer."""
    found: list[Clip] = []
    cut, left = 0, []
    for row in rows:
        clip = _clip(row)
        if clip.seconds <= LONGEST:
            found.append(clip)
            continue
        whole = [piece[mask] for piece, mask in length.pieces(clip, RATE, LONGEST)]
        energies = [float(np.square(each, dtype=np.float64).sum()) for each in whole]
        here = int(np.argmax(energies))
        if energies[here] < _SURE * sum(energies):
            left.append(row.path.name)
            continue
        cut += 1
        for place, each in enumerate(whole):
            said = row.text if place == here else ""
            found.append(replace(from_array(each, RATE, f"{clip.name}, piece {place + 1}", labels(each, said))))
    notes = []
    if cut:
        notes.append(
            f"{cut} of {len(rows)} clips are longer than {LONGEST:g} s and were cut in pieces; what is said lies "
            "in one of them"
        )
    if left:
        notes.append(
            f"{len(left)} of {len(rows)} clips are left out: they are longer than {LONGEST:g} s, and where which "
            f"part of the text is said is not known ({', '.join(left[:3])}{', …' if left[3:] else ''}); cut them"
        )
    return tuple(found), tuple(notes)


def labels(sound: NDArray[np.float32], text: str) -> tuple[Label, ...]:
    """The words and characters of a text, spread evenly over what is spoken in sound [n]: about where."""
    start, stop = spoken(sound)
    step = (stop - start) / max(1, len(text))
    found = [Label(start + k * step, start + (k + 1) * step, each, TIER) for k, each in enumerate(text)]
    place = 0
    for word in text.split():
        begin = text.index(word, place)
        place = begin + len(word)
        found.append(Label(start + begin * step, start + place * step, word, WORD))
    return tuple(found)


def spoken(sound: NDArray[np.float32]) -> tuple[float, float]:
    """From when to when somebody speaks in sound [n], in seconds: where blocks of 20 ms are loud."""
    block = RATE // 50
    whole = len(sound) // block
    if not whole:
        return 0.0, len(sound) / RATE
    level = np.sqrt(np.square(sound[: whole * block].reshape(whole, block), dtype=np.float64).mean(axis=1))
    loud = np.flatnonzero(level > _ACTIVE * level.max())
    if not len(loud):
        return 0.0, len(sound) / RATE
    return loud[0] * block / RATE, (loud[-1] + 1) * block / RATE
