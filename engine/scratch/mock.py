"""Mock MFCCs: sequences of phonemes as a picture of speech that NumPy alone can paint, for a first lesson.

They are what the task's real features are, a clip's [T, D] with a class a frame, and can stand in for them.
"""

import numpy as np

from engine.scratch.batch import Clip

SILENCE = 0
"""The class of what lies before, between and after."""


def mock(count: int, rng: np.random.Generator, phonemes: int = 8, coefficients: int = 13) -> list[Clip]:
    """So many clips of 3 to 6 phonemes: features [T, D] float32, and the class of each frame [T], 0 to `phonemes`.

    A phoneme has an onset of 3 frames and then a place among the coefficients, which it shares with its neighbour:
    1 and 2 sound alike once they have begun. One frame alone cannot tell which it is; who remembers the onset can.
    A frame is 10 ms.
    """
    onsets, places = _sounds(phonemes, coefficients)
    return [_clip(rng, onsets, places) for _ in range(count)]


def features(classes: np.ndarray, phonemes: int, coefficients: int) -> np.ndarray:
    """Features [T, D] float32 of given classes [T], 0 to `phonemes`: the same classes, the same features."""
    begins = np.flatnonzero(np.diff(classes, prepend=-1))
    age = np.arange(len(classes)) - np.repeat(begins, np.diff(begins, append=len(classes)))
    return _painted(np.random.default_rng(classes), classes, age, *_sounds(phonemes, coefficients))


def _sounds(phonemes: int, coefficients: int) -> tuple[np.ndarray, np.ndarray]:
    """The onset and the place of each class, [phonemes + 1, D]; the same in all clips."""
    fixed = np.random.default_rng(phonemes)
    onsets, places = (1.5 * fixed.standard_normal((phonemes + 1, coefficients)) for _ in range(2))
    places[2::2] = places[1:-1:2]
    onsets[SILENCE] = places[SILENCE] = 0.0
    return onsets, places


def _clip(rng: np.random.Generator, onsets: np.ndarray, places: np.ndarray) -> Clip:
    said = rng.permutation(np.arange(1, len(places)))[: rng.integers(3, 7)]
    order = np.concatenate([[SILENCE], said, [SILENCE]])
    lasts = rng.integers(6, 16, len(order))
    classes, age = np.repeat(order, lasts), np.concatenate([np.arange(each) for each in lasts])
    return _painted(rng, classes, age, onsets, places), classes.astype(np.int64)


def _painted(
    rng: np.random.Generator, classes: np.ndarray, age: np.ndarray, onsets: np.ndarray, places: np.ndarray
) -> np.ndarray:
    """[T, D]: each frame goes towards what its class [T] is at its age [T], in frames; and noise."""
    aims = np.where(age[:, None] < 3, onsets[classes], places[classes])
    x, now = np.empty_like(aims), aims[0] if len(aims) else aims
    for t, aim in enumerate(aims):
        now = x[t] = now + 0.6 * (aim - now)  # sounds slide into each other
    x += 0.5 * rng.standard_normal(x.shape)
    return x.astype(np.float32)
