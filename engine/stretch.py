"""Time and pitch apart: Signalsmith's stretcher on a whole sound. Its wrapper starts anew with every call."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LEAST = 8192  # samples; shorter sounds are followed by silence, for the stretcher looks at blocks of 0.12 s


def stretched(
    sound: NDArray[np.float32], rate: float, tempo: float = 1.0, semitones: float = 0.0
) -> NDArray[np.float32]:
    """Sound [n, channels] to [round(n / tempo), channels], with its pitch moved by `semitones`."""
    from python_stretch.Signalsmith import Stretch

    n = max(1, round(len(sound) / tempo))
    if not np.any(sound):
        return np.zeros((n, sound.shape[1]), np.float32)
    worker = Stretch(1)  # a fixed seed: the same sound, the same bytes
    worker.preset(sound.shape[1], rate)
    worker.setTimeFactor(tempo)
    worker.setTransposeSemitones(semitones)
    padded = np.pad(sound, ((0, max(0, _LEAST - len(sound))), (0, 0)))
    found = np.asarray(worker.process(np.ascontiguousarray(padded.T, np.float32))).T[:n]
    return np.ascontiguousarray(np.pad(found, ((0, n - len(found)), (0, 0))), np.float32)
