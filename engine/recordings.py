"""Recordings on this machine: the folders of OTOSCOPE_DATA, their tables and their sounds."""

from __future__ import annotations

import csv
import functools
import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar, overload

import numpy as np

from engine import language
from engine.clip import Clip, Label, from_array
from engine.corpora.corpus import CorpusMissing
from engine.memo import Memo

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.corpora.corpus import Facts

    Array = NDArray[np.float32]

_P = ParamSpec("_P")
_T = TypeVar("_T")

VARIABLE = "OTOSCOPE_DATA"
RATE = 16000
SPLITS = ("train", "valid", "test")
KEPT = 1 << 30
"""Bytes of recordings that a process keeps in memory, some five hours: those not heard for longest go first."""
_memo, _turn = Memo(KEPT), threading.Lock()


def kept(size: int) -> Callable[[Callable[_P, _T]], Callable[_P, _T]]:
    """functools.lru_cache of what is found on this machine: found anew where VARIABLE names another folder."""

    def wrap(find: Callable[_P, _T]) -> Callable[_P, _T]:
        @functools.lru_cache(maxsize=size)
        def known(_root: str, *args: _P.args, **named: _P.kwargs) -> _T:
            return find(*args, **named)

        @functools.wraps(find)
        def found(*args: _P.args, **named: _P.kwargs) -> _T:
            return known(os.environ.get(VARIABLE, ""), *args, **named)  # type: ignore[arg-type]  # hashable, or it raises

        return found

    return wrap


@dataclass(frozen=True)
class Row:
    """One recording as its data set's manifest.tsv describes it."""

    path: Path
    speaker: str
    label: str
    split: str
    seconds: float = 0.0
    language: str = ""
    """Of what is said, as engine/language.py has it; manifests may have a column of that name."""


def folder(name: str) -> Path:
    """Where a data set lies. Raises CorpusMissing, which says what to set and what to get."""
    root = os.environ.get(VARIABLE, "")
    if not root:
        raise CorpusMissing(
            f"The recordings {name} are missing: set {VARIABLE} to the folder that holds {name} and start the "
            "program again. The task phonemes makes its own sounds and needs none."
        )
    place = Path(root) / name
    if not (place / "manifest.tsv").is_file():
        raise CorpusMissing(
            f"{place}: there is no manifest.tsv; put the recordings {name} there or set {VARIABLE}"
        )
    return place


def found(facts: Facts) -> Path | None:
    """Where a data set of others lies; None where it does not."""
    root = os.environ.get(VARIABLE, "")
    places = [Path(root) / name for name in facts.folders] if root else []
    return next((place for place in places if next(place.glob(facts.sign), None) is not None), None)


def place(facts: Facts) -> Path:
    """Where a data set of others lies. Raises CorpusMissing, which says what to get and where to put it."""
    here = found(facts)
    if here is None:
        root = os.environ.get(VARIABLE, "")
        where = f"{VARIABLE} ({root})" if root else f"a folder that {VARIABLE} names (it is not set)"
        raise CorpusMissing(
            f"{facts.title} is not on this machine: get it ({facts.source}; {facts.size}; licence: "
            f"{facts.licence}), put it into {where}, so that there is {facts.folders[0]}/{facts.example} in it, "
            "and try again. `otoscope data list` shows what is here."
        )
    return here


def rows(name: str) -> tuple[Row, ...]:
    """The recordings of a data set in the order of its table. Raises CorpusMissing."""
    return _rows(folder(name))


def has(name: str) -> bool:
    """Whether a data set is on this machine."""
    try:
        return bool(folder(name))
    except CorpusMissing:
        return False


def sound(path: Path) -> NDArray[np.float32]:
    """A recording as mono [n] at 16 kHz, read-only, kept in memory up to KEPT. Raises CorpusMissing."""
    with _turn:
        known: NDArray[np.float32] | None = _memo.get(path)
    if known is None:
        known = read(path)
        with _turn:
            _memo.put(path, known, known.nbytes)
    return known


def held() -> int:
    """Bytes of the recordings that are kept in memory now."""
    return _memo.held


def read(path: Path) -> NDArray[np.float32]:
    """A recording as mono [n] at 16 kHz, read-only. Raises CorpusMissing where it cannot be read."""
    import soundfile
    import soxr

    try:
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (OSError, soundfile.SoundFileError) as error:
        raise CorpusMissing(f"{path} cannot be read ({error}); get the recordings again") from error
    mono = samples.mean(axis=1)
    mono = mono if rate == RATE else soxr.resample(mono, rate, RATE)
    mono = mono.astype("float32")
    mono.setflags(write=False)
    return mono


@functools.lru_cache(maxsize=16)
def _rows(place: Path) -> tuple[Row, ...]:
    with (place / "manifest.tsv").open(encoding="utf-8", newline="") as lines:
        table = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        try:
            return tuple(_row(place, row) for row in table)
        except ValueError as error:
            raise CorpusMissing(f"{lines.name}, line {table.line_num}: {error}; mend that line") from error


def _row(place: Path, row: dict[str, str]) -> Row:
    spoken = language.tag(row.get(language.COLUMN) or "")
    said = row["speaker"], row["label"], row["split"]
    return Row(place / row["file"], *said, float(row["seconds"] or 0), spoken)


def known(split: str) -> str:
    """The split's name. Raises LookupError for one that no data set has."""
    if split not in SPLITS:
        raise LookupError(f"there is no split {split!r}; there are: {', '.join(SPLITS)}")
    return split


def paired(noisy: Path, clean: Path, key: Callable[[Path], str]) -> list[tuple[Path, Path]]:
    """Noisy files and their clean ones, which have the same key, in its order. Raises CorpusMissing."""
    ones, others = ({key(file): file for file in sorted(place.glob("*.wav"))} for place in (noisy, clean))
    if not ones:
        raise CorpusMissing(f"{noisy} holds no WAV files; put them there, and the clean ones into {clean}")
    for name, file in ones.items():
        if name not in others:
            raise CorpusMissing(f"{file} has no clean counterpart in {clean}; get the recordings again")
    return [(ones[name], others[name]) for name in sorted(ones)]


def samples(seconds: float) -> int:
    """Of so long a piece at 16 kHz: whole frames of the denoisers."""
    return max(1, round(seconds * RATE / 256)) * 256


def snr(noisy: Array, clean: Array, rate: int) -> float:
    """Speech over noise in dB, of sounds [n]: mean power of speech where it is active, of noise everywhere.

    Active are blocks of 32 ms no more than 15.9 dB under the mean, the margin of ITU-T P.56.
    """
    block = round(0.032 * rate)
    n = len(clean) // block * block
    powers = np.square(clean[:n], dtype=np.float64).reshape(-1, block).mean(1) if n else np.zeros(1)
    active = powers[powers >= powers.mean() * 10 ** (-15.9 / 10)]
    noise = float(np.square(np.subtract(noisy, clean, dtype=np.float64)).mean())
    return float(10 * np.log10(max(float(active.mean()), 1e-12) / max(noise, 1e-12)))


@dataclass(frozen=True)
class Paired:
    """A corpus of noisy speech and the same without noise; `pairs(split)` names the files of both."""

    licence: str
    pairs: Callable[[str], list[tuple[Path, Path]]]
    seconds: float = 3.0
    """How long a piece of a pair is that is learnt from."""
    _known: dict[str, list[tuple[Path, Path]]] = field(default_factory=dict, repr=False, compare=False)

    def pair(self, name: str, index: int, epoch: int = 0) -> tuple[Array, Array]:
        """Noisy and clean [n] at 16 kHz: in training a piece, another in each epoch; else how the sound begins."""
        n, files = samples(self.seconds), self._found(name)[index]
        noisy, clean = (read(file) for file in files)
        if len(noisy) != len(clean):
            raise CorpusMissing(f"{files[0]} and {files[1]} are not of one length; get the recordings again")
        rng = np.random.default_rng([epoch, index])
        begin = int(rng.integers(max(1, len(noisy) - n + 1))) if name == "train" else 0
        fill = max(0, n - len(noisy))
        one, other = (np.pad(each[begin : begin + n], (0, fill)) for each in (noisy, clean))
        return one, other

    def snr(self, name: str, index: int) -> float:
        """Of a pair, in dB, at its own rate: what a lower one leaves out was noise more than speech. See `snr`."""
        from engine.audio.file import open_clip

        noisy, clean = (open_clip(file) for file in self._found(name)[index])
        return snr(noisy.read().mean(axis=1), clean.read().mean(axis=1), clean.rate)

    def _found(self, name: str) -> list[tuple[Path, Path]]:
        """The pairs as they were found first: a folder may hold ten thousand files."""
        if name not in self._known:
            self._known[name] = self.pairs(name)
        return self._known[name]

    def split(self, name: str) -> Files:
        """Noisy speech, mono, at its own rate. Raises CorpusMissing, LookupError."""
        return self._files(name, 0)

    def clean(self, name: str) -> Files:
        """The same without noise, in the same order."""
        return self._files(name, 1)

    def _files(self, name: str, side: int) -> Files:
        from engine.audio.file import open_clip

        return Files([pair[side] for pair in self.pairs(name)], open_clip)


def speech(path: Path, name: str, labels: Sequence[Label]) -> Clip:
    """A recording as a clip, mono at 16 kHz. Raises CorpusMissing."""
    return from_array(read(path), RATE, name, tuple(labels))


def whole(path: Path, name: str, text: str, tier: str) -> Clip:
    """A recording as it is, with one label from its beginning to its end. Raises AudioError."""
    from engine.audio.file import open_clip

    clip = open_clip(path)
    return replace(clip, name=name, labels=(Label(0.0, clip.seconds, text, tier),))


class Files(Sequence[Clip]):
    """Clips that are read from their files when they are indexed."""

    def __init__(self, paths: Sequence[Path], read: Callable[[Path], Clip]) -> None:
        self.paths, self._read = tuple(paths), read

    def __add__(self, others: Files) -> Files:
        readers = dict.fromkeys(self.paths, self._read) | dict.fromkeys(others.paths, others._read)
        return Files(tuple(readers), lambda path: readers[path](path))

    def __len__(self) -> int:
        return len(self.paths)

    @overload
    def __getitem__(self, index: int) -> Clip: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Clip]: ...
    def __getitem__(self, index: int | slice) -> Clip | Sequence[Clip]:
        if isinstance(index, slice):
            return Files(self.paths[index], self._read)
        return self._read(self.paths[index])
