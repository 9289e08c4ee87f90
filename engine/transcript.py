"""A transcript that grows: what a live network has said so far, decoded anew as its frames come."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.clip import Label

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

KEPT = 1500
"""Output frames that are decoded again with each new one; what was said before them is settled."""


class Transcript:
    """What was said so far: the last KEPT frames are decoded anew each time, older labels are settled."""

    def __init__(self, task: Any) -> None:
        self.task, self.vocabulary = task, tuple(task.vocabulary)
        self._logits = np.zeros((0, len(self.vocabulary)), np.float32)
        self._new: list[Array] = []
        self._gone = 0
        self._settled: deque[Label] = deque(maxlen=200)

    def add(self, logits: Array) -> None:
        self._new.append(logits)

    def labels(self, rate: float, first: float) -> tuple[Label, ...]:
        """Every label, `rate` frames a second, the very first frame at `first` seconds."""
        self._logits = np.concatenate([self._logits, *self._new])
        self._new = []
        found = self.task.decode(self._logits, 1.0 / rate)
        begin = first + self._gone / rate
        placed = tuple(Label(each.start + begin, each.end + begin, each.text, each.tier) for each in found)
        text = (*self._settled, *placed)
        if len(self._logits) > KEPT:
            self._settle(placed, rate, begin)
        return text

    def _settle(self, placed: tuple[Label, ...], rate: float, begin: float) -> None:
        """Forget the older half of the frames, up to the end of a label, so that none is cut in two."""
        half = begin + KEPT / 2 / rate
        done = [label for label in placed if label.end <= half]
        if done:
            cut = max(label.end for label in done)
        else:
            cut = min((label.start for label in placed if label.start > begin), default=half)
            cut = min(cut, half)
        frames = max(1, int(np.ceil((cut - begin) * rate - 1e-6)))
        self._settled.extend(done)
        self._logits, self._gone = self._logits[frames:], self._gone + frames
