"""What a denoiser lets through: its mean gain by band and noise, and in the pauses of speech beside the speech."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import audition, denoising, recordings, unheard
from engine.enhancer import Enhancer
from engine.events import Progress
from engine.measures import share_let_through

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from engine.unheard import Planned

    Array = NDArray[np.float32]

EDGES = (0.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0)
"""Hertz between which gains are averaged: an octave each, but for the lowest."""
BY = {"noise_type": lambda planned: planned.kind, "snr": lambda planned: f"{planned.snr:+g} dB"}
ALL, MUSIC = "all", "music"
_MUSIC = "music/audio/moh/"
_SNR = 5.0  # of speech over music, as behind a narrator


@dataclass(frozen=True)
class Row:
    """A group: the mean gain of each band (1 lets all through), over how many gains each mean was taken, and what
    is left of the sound in dB while somebody speaks and while nobody does (None: never so)."""

    group: str
    mixtures: int
    means: tuple[float, ...]
    counts: tuple[int, ...]
    speech: float | None
    pauses: float | None


@dataclass(frozen=True)
class Masked:
    """Rows by group, then one of all. `note` says where the gains are from: the mask itself, or the output."""

    denoiser: str
    by: str
    rows: tuple[Row, ...]
    note: str


def planned(count: int, seed: int = 0) -> tuple[Planned, ...]:
    """The held-out mixtures, and a quarter as many with music behind the voice, where there is some."""
    made = unheard.plan(count, seed)
    if not recordings.has(MUSIC):
        return made
    root = recordings.folder(MUSIC)
    files = [f"{MUSIC}/{row.path.relative_to(root).as_posix()}" for row in recordings.rows(MUSIC)]
    files = [file for file in files if file.startswith(_MUSIC)]
    scenes = [
        dataclasses.replace(each, kind=MUSIC, noises=(files[number % len(files)],), room="", snr=_SNR)
        for number, each in enumerate(made[: max(1, count // 4)] if files else ())
    ]
    return (*made, *scenes)


def measure(
    name: str | Path, mixtures: Sequence[Planned], by: str = "noise_type", keep: float = 0.0
) -> Generator[Progress | Masked, Any, None]:
    """Yields Progress after each mixture, and at last Masked. Raises DenoiserError, CorpusMissing.

    Gains are those of the mask at wet 1; what is left in speech and pauses is that of the sound, with `keep`.
    """
    group, sums = BY[by], dict[str, _Sum]()
    enhancer = Enhancer([denoising.build(name)], unheard.RATE, denoising.Options(keep=keep))
    own = True
    for number, each in enumerate(mixtures, 1):
        mixed = unheard.mixture(each)
        out = np.concatenate([enhancer.push(mixed.noisy[:, None]), enhancer.flush()])[:, 0]
        mask = enhancer.mask()
        gains, rows = (mask.gains, mask.rows) if mask is not None else _measured(mixed.noisy, out)
        own = own and mask is not None
        for place in (group(each), ALL):
            sums.setdefault(place, _Sum()).add(gains, rows, share_let_through(mixed.noisy, out, mixed.clean))
        yield Progress(number / len(mixtures), f"mixture {number} of {len(mixtures)}")
    order = sorted(each for each in sums if each != ALL)
    note = "gains of its mask" if own else "it has no mask: gains are output over input, bin by bin"
    yield Masked(str(name), by, tuple(sums[each].row(each) for each in (*order, ALL)), note)


class _Sum:
    """Sums over gains, and over energies in speech and pauses."""

    def __init__(self) -> None:
        self._gains = np.zeros(len(EDGES) - 1)
        self._counts = np.zeros(len(EDGES) - 1, np.int64)
        self._energies = np.zeros((2, 2))
        self._mixtures = 0

    def add(self, gains: Array, rows: Sequence[float], energies: NDArray[np.float64]) -> None:
        # Half the rate itself belongs to the topmost band.
        bands = np.clip(np.searchsorted(EDGES, rows, side="right") - 1, 0, len(EDGES) - 2)
        for band, column in zip(bands.tolist(), gains.T, strict=True):
            self._gains[band] += float(column.sum(dtype=np.float64))
            self._counts[band] += len(column)
        self._energies += energies
        self._mixtures += 1

    def row(self, group: str) -> Row:
        means = self._gains / np.maximum(self._counts, 1)
        speech, pauses = (
            float(10 * np.log10(max(out, 1e-12) / came)) if came > 0 else None for out, came in self._energies
        )
        return Row(group, self._mixtures, tuple(means.tolist()), tuple(self._counts.tolist()), speech, pauses)


def _measured(noisy: Array, out: Array) -> tuple[Array, tuple[float, ...]]:
    found = audition.measured(noisy, out, unheard.RATE, 0.0)
    return found.values, tuple(float(row) for row in found.rows)
