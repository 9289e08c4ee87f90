"""Melodies: tunes with a question, a passage and an answer; how they sound, and as MIDI files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    Ints = NDArray[np.int64]

SCALE = (60, 62, 64, 65, 67, 69, 71, 72, 74, 76, 77, 79, 81, 83, 84)
"""C major over two octaves, as MIDI numbers: note n of a tune, from 1, is SCALE[n - 1]; 0 is a rest."""
NAMES = ("C4", "D4", "E4", "F4", "G4", "A4", "B4", "C5", "D5", "E5", "F5", "G5", "A5", "B5", "C6")
RATE = 44100
"""Of the sound of notes, in samples a second."""
BAR = 8
"""Notes of a bar: eighths."""
PHRASE = 4
"""Bars of a phrase: a question, two of passage, an answer."""
QUESTIONS = 4
OPEN = 2
"""Notes at the beginning of an answer that only its question tells: what follows can be told from them too."""
SCALES = {
    "all": (0, 2, 4, 5, 7, 9, 11),
    "C pentatonic": (0, 2, 4, 7, 9),
    "F pentatonic": (5, 7, 9, 0, 2),
    "G pentatonic": (7, 9, 11, 2, 4),
    "C chord": (0, 4, 7),
    "A minor chord": (9, 0, 4),
}
"""Scales within C major, as steps of the octave counted from C."""
_HIGH = (10, 9, 11, 10, 12, 11, 9, 8)  # the two notes between which each place of an answer decides
_LOW = (5, 6, 4, 3, 5, 4, 6, 1)
_MASKS = (1, 2, 3, 1, 2, 3, 2, 1)  # which bits of the question decide at each place, by their parity
_RISING = (0, 2, 4, 2, 0, 2, 4, 7)  # steps of the scale
_PASSAGES = (
    ((8, 7, 6, 5, 6, 7, 8, 10), (5, 6, 7, 8, 7, 6, 5, 3), (10, 9, 8, 7, 8, 9, 10, 12), (1, 3, 5, 8, 5, 3, 5, 6)),
    (
        (8, 10, 12, 10, 8, 6, 7, 8),
        (3, 5, 8, 10, 8, 5, 4, 3),
        (12, 11, 10, 9, 8, 7, 6, 5),
        (6, 8, 6, 4, 5, 7, 5, 4),
    ),
)  # the bars of which the passage chooses, first and second
_VELOCITY, _TICKS = 80, 480


def hertz(note: float) -> float:
    """Of a MIDI number: 440 Hz is 69, and twelve make an octave."""
    return float(440.0 * 2.0 ** ((note - 69.0) / 12.0))


def question(number: int) -> tuple[int, ...]:
    """The bar of a question, 0 to 3: low or high by its first bit, rising or falling by its second."""
    base = 8 if number & 1 else 1
    return tuple(base + (7 - step if number & 2 else step) for step in _RISING)


def answer(number: int) -> tuple[int, ...]:
    """The bar that answers a question: at each place one of two notes, by the parity of some of its bits."""
    high = [bin(number & mask).count("1") % 2 for mask in _MASKS]
    return tuple(_HIGH[place] if each else _LOW[place] for place, each in enumerate(high))


def answers(notes: Sequence[int] | Ints) -> dict[int, int]:
    """What is to come at the places that can be known: in phrases of four bars that begin with a question.

    `notes` are those of a tune without its first rest; the places lie among them or right behind them.
    """
    asked = {question(number): number for number in range(QUESTIONS)}
    found: dict[int, int] = {}
    for start in range(0, len(notes), BAR * PHRASE):
        number = asked.get(tuple(int(each) for each in notes[start : start + BAR]))
        if number is not None:
            found |= dict(enumerate(answer(number), start + BAR * (PHRASE - 1)))
    return found


def in_scale(name: str) -> NDArray[np.bool_]:
    """Which notes a scale has [1 + notes]; a rest is in none. Raises KeyError."""
    return np.array([False, *(number % 12 in SCALES[name] for number in SCALE)])


def tune(rng: np.random.Generator, phrases: int, passage: int = 2) -> tuple[Ints, NDArray[np.bool_]]:
    """Notes [T], and which of them answer [T]. A passage has so many bars, each one of four.

    The first note is a rest, with which every tune begins.
    """
    notes, answers = [0], [False]
    for _ in range(phrases):
        number = int(rng.integers(QUESTIONS))
        middle = [_PASSAGES[bar % 2][int(rng.integers(4))] for bar in range(passage)]
        notes += [note for bar in (question(number), *middle, answer(number)) for note in bar]
        answers += [False] * BAR * (1 + passage) + [True] * BAR
    return np.array(notes, np.int64), np.array(answers)


def struck(pitch: float, samples: int, rate: int) -> NDArray[np.float64]:
    """A note of so many hertz [samples], struck and fading: the partials of five that the rate can hold."""
    time = np.arange(samples) / rate
    end = time[-1]
    fades = np.minimum(time / 0.005, 1.0) * np.exp(-3.0 * time / end) * np.minimum((end - time) / 0.02, 1.0)
    made = np.zeros(samples)
    for k in range(1, 6):
        if k * pitch < 0.44 * rate:
            made += np.sin(2 * np.pi * k * pitch * time) * np.exp(-0.8 * k * time / end) / k**1.5
    return np.asarray(0.3 * fades * made)


def sound(notes: Sequence[int] | Ints, tempo: float = 120.0, rate: int = RATE) -> NDArray[np.float32]:
    """Notes as eighths at a tempo in quarters a minute, float32 [n]."""
    made = np.zeros((len(notes), round(30.0 / tempo * rate)), np.float32)
    for row, note in zip(made, notes, strict=True):
        if note:
            row[:] = struck(hertz(SCALE[note - 1]), len(row), rate)
    return made.ravel()


def write(notes: Sequence[int] | Ints, path: Path, tempo: float = 120.0) -> Path:
    """Notes as eighths: MIDI, one track on a piano, at `path`, their sound beside it, returned. Raises OSError."""
    import mido

    from engine.audio.write import write as write_sound
    from engine.replacing import replacing

    file = mido.MidiFile(ticks_per_beat=_TICKS)
    track = mido.MidiTrack()
    file.tracks.append(track)
    track.append(mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(tempo)))
    waited = 0
    for note in notes:
        if note:
            number = SCALE[note - 1]
            track.append(mido.Message("note_on", note=number, velocity=_VELOCITY, time=waited))
            track.append(mido.Message("note_off", note=number, velocity=0, time=_TICKS // 2))
            waited = 0
        else:
            waited += _TICKS // 2
    with replacing(path) as part:
        file.save(str(part))
    beside = path.with_suffix(".wav")
    write_sound(beside, sound(notes, tempo)[:, None], RATE, "PCM_16")
    return beside
