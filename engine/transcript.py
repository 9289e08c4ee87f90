"""A transcript that grows: what a live network has said so far, decoded anew as its frames come."""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.clip import Label

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

KEPT = 1500
"""Output frames that are decoded again with each new one, at the most."""
MARGIN = 200
LABELS = 200
LATELY = 2.0
"""Seconds of a stream that are one clip to a task that asks once a clip."""


class Transcript:
    """The last frames are decoded anew each time; labels from before an ever later moment are settled.

    That moment lies MARGIN frames behind the oldest frame kept, so that a decoder that looks around itself, or
    whose labels lie before the frames that show them, has the same to look at as before.
    """

    def __init__(self, task: Any) -> None:
        self.task, self.vocabulary = task, tuple(task.vocabulary)
        self._logits = np.zeros((0, len(self.vocabulary)), np.float32)
        self._new: list[Array] = []
        self._gone = 0
        self._settled: deque[Label] = deque(maxlen=LABELS)
        self._moment = -math.inf

    def add(self, logits: Array) -> None:
        """The next frames [n, C]."""
        self._new.append(logits)

    def labels(self, rate: float, first: float) -> tuple[Label, ...]:
        """What was said so far, at most LABELS settled ones; `rate` frames a second, the very first at `first`.

        A task that asks once a clip is answered for the last LATELY seconds, and for nothing before.
        """
        self._logits = np.concatenate([self._logits, *self._new])
        self._new = []
        if getattr(self.task, "clipwise", False):
            old = max(0, len(self._logits) - max(1, round(LATELY * rate)))
            self._logits, self._gone = self._logits[old:], self._gone + old
        begin = first + self._gone / rate
        found = self.task.decode(self._logits, 1.0 / rate)
        placed = [Label(each.start + begin, each.end + begin, each.text, each.tier) for each in found]
        placed = [each for each in placed if each.start >= self._moment]
        text = (*self._settled, *placed)
        if len(self._logits) > KEPT:
            self._gone += KEPT // 3
            self._logits = self._logits[KEPT // 3 :]
            # A quarter of a frame more, since labels begin on frames or between two.
            self._moment = first + (self._gone + MARGIN + 0.25) / rate
            self._settled.extend(each for each in placed if each.start < self._moment)
        return text
