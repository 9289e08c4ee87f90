"""What denoisers make of a sound, and what they are worth."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from engine.clip import Clip
    from engine.trace import Series


@dataclass(frozen=True)
class Offer:
    """A denoiser that can be asked for: its latency in seconds, None where it needs the whole sound, and its size.

    Both are -1 until they are known. `trouble` says why it cannot be had, and what to do.
    """

    name: str
    title: str
    latency: float | None = -1.0
    parameters: int = -1
    trouble: str = ""


@dataclass(frozen=True, eq=False)
class Enhanced:
    """What a denoiser makes of a processed sound, whose clip `sound_id` names, and what it takes away.

    `made` is what it gave by itself, and `pauses` [n, 1] how surely nobody speaks, from 0 to 1: of both and of the
    noisy sound `sound` is mixed. All of them are aligned to the sample. `mask` [T, F] are its gains on the trace's
    clock; one that has none is measured, and its note says so.
    """

    clip_id: str
    sound_id: str
    name: str
    title: str
    sound: Clip
    residual: Clip
    made: Clip
    pauses: Series
    mask: Series
    start: float = 0.0


@dataclass(frozen=True, eq=False)
class Pictured:
    """Spectrograms of sounds, by the names that they are heard by; and `difference:` and `mask:` of denoisers.

    `sounds` are the clips that they are of, by id.
    """

    sounds: tuple[str, ...]
    series: Mapping[str, Series]


@dataclass(frozen=True)
class Audible:
    """A sound that a number key lets be heard: its name in the transport, its words, one word, the key."""

    name: str
    words: str
    short: str
    key: str = ""
    help: str = ""


@dataclass(frozen=True, eq=False)
class BreakMap:
    """Where a denoiser breaks: a metric [K, S] by rows, kinds of noise say, and rising SNRs in dB.

    NaN is not yet known, or has no number for one of the `reasons` [row, column]. Below `fails` speech is called
    broken; `edges` say for each row below which SNR that is (-inf nowhere here, inf everywhere, NaN unknown), and
    `text` says it in a sentence.
    """

    clip_id: str
    denoiser: str
    metric: str
    rows: tuple[str, ...]
    snrs: tuple[float, ...]
    values: NDArray[np.float32]
    fails: float
    edges: tuple[float, ...]
    text: str
    share: float
    reasons: Mapping[tuple[int, int], str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class Column:
    """A metric in a table: `title` and `unit`, with so many `digits` behind the point; whether `more` is better.

    `about` says what it tells, between which ends, and what it needs.
    """

    name: str
    title: str
    unit: str
    digits: int
    more: bool
    about: str


@dataclass(frozen=True)
class Cell:
    """What a metric says; without a value, `note` says why there is none."""

    value: float | None
    note: str = ""


@dataclass(frozen=True, eq=False)
class Judged:
    """What metrics say of versions of a processed sound from `start` to `stop` seconds of it: by version, a cell
    for each column. `ids` are the clips of the versions, by name.
    """

    sound_id: str
    start: float
    stop: float
    columns: tuple[Column, ...]
    rows: Mapping[str, tuple[Cell, ...]]
    ids: Mapping[str, str]


@dataclass(frozen=True, eq=False)
class LocalSnr:
    """Speech over error in decibels [T, 1] by version of a processed sound, on the trace's clock."""

    sound_id: str
    ids: tuple[str, ...]
    series: Mapping[str, Series]
