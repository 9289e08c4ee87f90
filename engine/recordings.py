"""Recordings on this machine: the folders of OTOSCOPE_DATA, their tables and their sounds."""

from __future__ import annotations

import csv
import functools
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.corpora.corpus import CorpusMissing

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

VARIABLE = "OTOSCOPE_DATA"
RATE = 16000


@dataclass(frozen=True)
class Row:
    """One recording as its data set's manifest.tsv describes it."""

    path: Path
    speaker: str
    label: str
    split: str


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


def rows(name: str) -> tuple[Row, ...]:
    """The recordings of a data set in the order of its table. Raises CorpusMissing."""
    return _rows(folder(name))


def has(name: str) -> bool:
    """Whether a data set is on this machine."""
    try:
        return bool(folder(name))
    except CorpusMissing:
        return False


@functools.lru_cache(maxsize=8192)
def sound(path: Path) -> NDArray[np.float32]:
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
        return tuple(Row(place / row["file"], row["speaker"], row["label"], row["split"]) for row in table)
