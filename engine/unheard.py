"""The held-out test of denoisers: voices and noises that the bundled ones never hear, mixed by number."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine import measures, recordings
from engine.corpora.corpus import CorpusMissing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    Array = NDArray[np.float32]

RATE = recordings.RATE
SNRS = (-5.0, 0.0, 5.0, 10.0)
COUNT = 60
"""Mixtures, unless told otherwise."""
VOICES = ("phones_timit_nltk", "emotion_ravdess", "phones_timit_nltk", "read_arctic_fraser", "phones_timit_nltk")
"""Data sets of speech, in turn: 12 speakers of TIMIT, 20 actors, one reader."""
BABBLE = "babble"
_NOISES = "noise_real"
_HU = "hu100"
_HU_KINDS = {
    "crowd": (*range(1, 18),),
    "machine": (*range(18, 30),),
    "alarm": (*range(30, 44), *range(79, 83), 99, 100),
    "traffic": (44, 45, 46),
    "animal": (*range(47, 56),),
    "water": (*range(56, 70), 94),
    "wind": (*range(70, 79),),
    "body": (*range(83, 94), 95, 96, 97, 98),
}
"""Numbers of G. Hu's 100 non-speech sounds by what they are (his own list); body: coughs, claps, laughs, steps."""
KINDS = (*_HU_KINDS, BABBLE)
_SAME = ("sa1", "sa2")  # sentences that every speaker of TIMIT reads
_TALKERS = 6
_ROOM = 7  # one of so many is heard in a room
_FRAME = 512


@dataclass(frozen=True)
class Planned:
    """What a mixture is made of: files relative to OTOSCOPE_DATA, dB of SNR, dBFS of the active speech."""

    number: int
    seed: int
    speech: str
    speaker: str
    kind: str
    noises: tuple[str, ...]
    room: str
    snr: float
    level: float


@dataclass(frozen=True, eq=False)
class Mixed:
    """noisy = clean + noise, each float32 [n] at RATE. In a room, `clean` is the speech as it sounds there."""

    planned: Planned
    noisy: Array
    clean: Array
    noise: Array


def plan(count: int = COUNT, seed: int = 0) -> tuple[Planned, ...]:
    """The first `count` mixtures of a seed: each depends on its number alone. Raises CorpusMissing.

    SNRs and kinds of noise come in turn, so that any 36 in a row hold each pair of them once.
    """
    return tuple(_planned(number, seed) for number in range(count))


def mixture(planned: Planned) -> Mixed:
    """The sounds of a planned mixture. Raises CorpusMissing.

    The SNR is power of the active speech (`active_power`) over mean power of the noise: pauses do not count.
    """
    rng = np.random.default_rng([planned.seed, planned.number, 1])
    clean = _sound(planned.speech)
    if planned.room:
        clean = _in_room(clean, _sound(planned.room))
    clean = clean * np.float32(10 ** (planned.level / 20) / np.sqrt(active_power(clean)))
    noise = np.zeros(len(clean))
    for name in planned.noises:
        piece = _piece(rng, _sound(name), len(clean))
        noise += piece / np.sqrt(active_power(piece))
    gain = np.sqrt(active_power(clean) / np.mean(np.square(noise))) * 10 ** (-planned.snr / 20)
    noise = (noise * gain).astype(np.float32)
    noisy = clean + noise
    share = np.float32(min(1.0, 0.98 / float(np.max(np.abs(noisy)))))
    return Mixed(planned, noisy * share, clean * share, noise * share)


def noise(rng: np.random.Generator, n: int) -> Array:
    """A piece [n] of a noise that no training hears, of mean power 1: no babble. Raises CorpusMissing."""
    kinds = _noises()
    piece = _piece(rng, _sound(_picked(rng, kinds[_picked(rng, tuple(kinds))])), n)
    return piece / np.float32(np.sqrt(np.mean(np.square(piece, dtype=np.float64))) + 1e-9)


def active_power(sound: Array) -> float:
    """Mean square over the frames of 32 ms that lie at most 15.9 dB below that very mean.

    See engine/measures.py.
    """
    whole = sound[: len(sound) // _FRAME * _FRAME] if len(sound) >= _FRAME else sound
    powers = np.mean(np.square(whole.reshape(-1, min(_FRAME, len(whole))), dtype=np.float64), axis=1)
    return max(measures.active(powers), 1e-12)


def listing(planned: Sequence[Planned]) -> str:
    """The list of mixtures as tab-separated text: what somebody needs to mix the same."""
    head = "number\tseed\tSNR dB\tnoise\tspeech\tnoises\troom\tspeech dBFS"
    rows = (
        f"{each.number}\t{each.seed}\t{each.snr:g}\t{each.kind}\t{each.speech}\t{';'.join(each.noises)}\t"
        f"{each.room}\t{each.level:.2f}"
        for each in planned
    )
    return "\n".join([head, *rows]) + "\n"


def _planned(number: int, seed: int) -> Planned:
    rng = np.random.default_rng([seed, number, 0])
    by_speaker = _voices(VOICES[number % len(VOICES)])
    speaker = _picked(rng, tuple(by_speaker))
    kind = KINDS[number % len(KINDS)]
    if kind == BABBLE:
        others = [(name, files) for source in dict.fromkeys(VOICES) for name, files in _voices(source).items()]
        others = [each for each in others if each[0] != speaker]
        chosen = rng.choice(len(others), _TALKERS, replace=False)
        noises = tuple(_picked(rng, others[index][1]) for index in chosen)
    else:
        noises = (_picked(rng, _noises()[kind]),)
    return Planned(
        number,
        seed,
        _picked(rng, by_speaker[speaker]),
        speaker,
        kind,
        noises,
        _picked(rng, _rooms()) if number % _ROOM == _ROOM // 2 else "",
        SNRS[number % len(SNRS)],
        float(rng.uniform(-30.0, -20.0)),
    )


@functools.lru_cache(maxsize=8)
def _voices(source: str) -> dict[str, tuple[str, ...]]:
    """Files of speech by speaker, without the sentences that all of them read."""
    found: dict[str, list[str]] = {}
    for row in recordings.rows(source):
        if row.path.stem not in _SAME:
            found.setdefault(row.speaker, []).append(_name(row.path, source))
    return {speaker: tuple(sorted(files)) for speaker, files in sorted(found.items())}


@functools.lru_cache(maxsize=1)
def _noises() -> dict[str, tuple[str, ...]]:
    there = {row.path.stem: _name(row.path, _NOISES) for row in recordings.rows(_NOISES) if _HU in row.path.parts}
    found = {kind: tuple(there[f"n{n}"] for n in ns if f"n{n}" in there) for kind, ns in _HU_KINDS.items()}
    for kind, files in found.items():
        if not files:
            raise CorpusMissing(f"{recordings.folder(_NOISES)} lacks the noises of the test: {_HU}, {kind}")
    return found


@functools.lru_cache(maxsize=1)
def _rooms() -> tuple[str, ...]:
    found = [_name(row.path, _NOISES) for row in recordings.rows(_NOISES) if row.path.parent.name == "rir"]
    if not found:
        raise CorpusMissing(f"{recordings.folder(_NOISES)} lacks the rooms of the test: audio/rir")
    return tuple(sorted(found))


def _name(path: Path, source: str) -> str:
    return f"{source}/{path.relative_to(recordings.folder(source)).as_posix()}"


def _sound(name: str) -> Array:
    source, _, rest = name.partition("/")
    return recordings.sound(recordings.folder(source) / rest)


def _picked(rng: np.random.Generator, names: Sequence[str]) -> str:
    return names[int(rng.integers(len(names)))]


def _piece(rng: np.random.Generator, whole: Array, n: int) -> Array:
    """[n] from a random place on; one that is too short is repeated."""
    return np.resize(np.roll(whole, -int(rng.integers(len(whole)))), n)


def _in_room(sound: Array, response: Array) -> Array:
    """As long as the sound, and in step with it: the direct path is the loudest sample of the response."""
    from scipy.signal import fftconvolve

    first = int(np.argmax(np.abs(response)))
    return fftconvolve(sound, response)[first : first + len(sound)].astype(np.float32)
