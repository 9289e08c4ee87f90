"""Voice activity: how surely somebody speaks, by Silero VAD's small network, as sound comes or of all of it."""

from __future__ import annotations

import functools
import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

RATE = 16_000
"""Samples a second of the mono sound that it hears."""
HOP = 512
"""Samples of a frame: 32 ms, which is all that it looks ahead."""
SPEECH, PAUSE = 0.5, 0.35
"""Above the first, somebody begins to speak; below the second, nobody speaks any more."""
_BEFORE = 64  # samples of the frame before that a frame is heard with
_FILE = "silero_vad_16k_sequence.onnx"
_MOST = 512  # frames at once


class ActivityError(ValueError):
    """There is nothing by which to tell speech from pauses; the message says how to get it."""


class Activity:
    """Law: any blocks give what one block gives. Made for one thread."""

    def __init__(self) -> None:
        """Raises ActivityError where its package is missing."""
        self._session = _session()
        self.reset()

    def reset(self) -> None:
        """As newly built."""
        self._rest: Array = np.zeros(0, np.float32)
        self._before: Array = np.zeros(_BEFORE, np.float32)
        self._state: tuple[Array, Array] = (np.zeros((1, 1, 128), np.float32), np.zeros((1, 1, 128), np.float32))

    def push(self, block: Array) -> Array:
        """Of sound [n] at RATE the probabilities [m], 0 to 1, of the frames that it completes."""
        sound = np.concatenate([self._rest, block])
        count = len(sound) // HOP
        self._rest = sound[count * HOP :]
        found = [self._run(sound[k * HOP : min(count, k + _MOST) * HOP]) for k in range(0, count, _MOST)]
        return np.concatenate(found) if found else np.zeros(0, np.float32)

    def _run(self, sound: Array) -> Array:
        frames = sound.reshape(-1, HOP)
        before = np.concatenate([self._before[None], frames[:-1, -_BEFORE:]])
        heard = {"input": np.concatenate([before, frames], axis=1), "h": self._state[0], "c": self._state[1]}
        found, *state = self._session.run(None, heard)
        self._before, self._state = frames[-1, -_BEFORE:], (state[0], state[1])
        return np.asarray(found, np.float32)


@functools.lru_cache(maxsize=1)
def _session() -> Any:
    """One for all: a session may be run by several threads, and the state is not in it."""
    import onnxruntime

    # Its package imports torch, and more; the file alone is needed.
    found = importlib.util.find_spec("silero_vad")
    file = Path(found.origin).parent / "data" / _FILE if found is not None and found.origin else None
    if file is None or not file.exists():
        raise ActivityError(
            'speech is told from pauses by silero-vad, which is missing: pip install "silero-vad>=6.2.3"'
        )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
