"""Digits one by one: what each voice said, at one level, and how they are joined into a string."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine import recordings, voices
from engine.clip import Clip, Label, from_array

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

DIGITS = tuple("0123456789")
WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
SPEAKERS = ("george", "jackson", "lucas", "theo", "yweweler")
PROMPTS = "allison"
LEVEL = 0.05
"""RMS of the spoken part of every digit before it is disturbed."""
_RATE = recordings.RATE
_FAINT = 50.0  # dB below its vowel at which the hiss of a six is still a part of it


@dataclass(frozen=True, eq=False)
class Spoken:
    """One digit as one voice said it: samples [n] at 16 kHz, which sound in [start, stop)."""

    digit: int
    samples: NDArray[np.float32]
    start: int
    stop: int


@functools.lru_cache(maxsize=256)
def utterances(speaker: str) -> tuple[Spoken, ...]:
    """Every digit that a voice said, at one level. Raises CorpusMissing."""
    if " " in speaker:
        said = voices.say(speaker, WORDS)
        found = [(index // 3, samples) for index, samples in enumerate(said) if len(samples) > 800]
    elif speaker == PROMPTS:
        named = {row.path.stem: row for row in recordings.rows("prompts_asterisk_en")}
        found = [(digit, recordings.sound(named[f"digits__{digit}"].path)) for digit in range(10)]
    else:
        rows = [row for row in recordings.rows("digits_fsdd") if row.speaker == speaker]
        found = [(int(row.label), recordings.sound(row.path)) for row in rows]
    return tuple(_levelled(digit, samples) for digit, samples in found)


def _levelled(digit: int, samples: NDArray[np.float32]) -> Spoken:
    start, stop = voices.spoken(samples)
    level = float(np.sqrt(np.mean(np.square(samples[start:stop])))) + 1e-6
    made = samples * np.float32(LEVEL / level)
    _fade(made)
    return Spoken(digit, made, *voices.spoken(samples, faint=_FAINT))


def cut(said: Spoken, depth: float) -> Spoken:
    """The part of a digit between its first and last frame within `depth` dB of the loudest: a hasty recording."""
    start, stop = voices.spoken(said.samples, depth)
    samples = said.samples[start:stop].copy()
    _fade(samples)
    return Spoken(said.digit, samples, 0, len(samples))


def join(
    said: Sequence[Spoken | NDArray[np.float32]], pauses: Sequence[float], name: str, gains: Sequence[float] = ()
) -> Clip:
    """Pieces with `pauses` seconds before, between and behind them (one more than pieces), and their labels.

    A plain array is other speech and gets no label. `gains` are in decibel.
    """
    parts, labels, place = [np.zeros(round(pauses[0] * _RATE), np.float32)], [], round(pauses[0] * _RATE)
    for number, piece in enumerate(said):
        samples = piece.samples if isinstance(piece, Spoken) else piece
        if isinstance(piece, Spoken):
            start, stop = (place + piece.start) / _RATE, (place + piece.stop) / _RATE
            labels.append(Label(start, stop, DIGITS[piece.digit], "digit"))
        gain = np.float32(10 ** (gains[number] / 20)) if len(gains) else np.float32(1)
        silence = np.zeros(round(pauses[number + 1] * _RATE), np.float32)
        parts += [samples * gain, silence]
        place += len(samples) + len(silence)
    return from_array(np.concatenate(parts), _RATE, name, tuple(labels))


def _fade(samples: NDArray[np.float32]) -> None:
    """Both ends to nothing over 5 ms, in place: no step in level betrays where a recording begins."""
    edge = min(len(samples) // 4, 80)
    ramp = np.linspace(0, 1, edge, dtype=np.float32)
    samples[:edge] *= ramp
    samples[len(samples) - edge :] *= ramp[::-1]
