"""A live transcript that a beam writes: it goes on frame by frame, and a pause settles what was said."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import ctc, decoding, trellis
from engine.transcript import LABELS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.clip import Label

PAUSE = 0.6
"""Seconds without a label after which what was said stands, and the beam begins anew."""
LONGEST = 20.0
"""Seconds after which it does so without a pause: its tree grows as long as it goes on."""


class Beamed:
    """The same as a Transcript (engine/transcript.py), for networks that read by CTC.

    What is not settled lies where its labels came into the beam; what is, where the best alignment puts it. It is
    also what the language model has read before what comes.
    Raises NgramError, OSError for the language model's file.
    """

    def __init__(self, task: Any, settings: decoding.Settings, tier: str) -> None:
        self.task, self.vocabulary, self.tier = task, tuple(task.vocabulary), tier
        self.reading = settings
        self._gone = 0
        self._settled: deque[Label] = deque(maxlen=LABELS)
        self._begin()

    def _begin(self, context: Any = None) -> None:
        self._search = decoding.searching(self.vocabulary, self.reading, context)
        self._heard: list[NDArray[np.float64]] = []
        self._quiet = 0  # the last frames in which the blank is the likeliest

    def add(self, logits: NDArray[np.float32]) -> None:
        """The next frames [n, C]."""
        log_probs = decoding.logarithms(logits)
        self._search.push(log_probs)
        self._heard.append(log_probs)
        named = np.flatnonzero(log_probs.argmax(axis=1) != ctc.BLANK)
        self._quiet = len(log_probs) - 1 - int(named[-1]) if len(named) else self._quiet + len(log_probs)

    def labels(self, rate: float, first: float) -> tuple[Label, ...]:
        """What was said so far, at most LABELS settled ones; `rate` frames a second, the very first at `first`."""
        count, said = self._search.frames, self._search.best()
        if self._quiet >= PAUSE * rate or count >= LONGEST * rate:
            self._settled.extend(self._placed(self._aligned([label for label, _ in said]), rate, first))
            self._gone += count
            self._begin(self._search.after())
            return tuple(self._settled)
        ends = [*(came for _, came in said[1:]), count][: len(said)]
        runs = [ctc.Run(label, came, max(came + 1, end)) for (label, came), end in zip(said, ends, strict=True)]
        return (*self._settled, *self._placed(runs, rate, first))

    def _aligned(self, labels: list[int]) -> list[ctc.Run]:
        if not labels:
            return []
        (spans,) = trellis.align(np.concatenate(self._heard), [labels])
        return [ctc.Run(each.label, each.start, each.stop) for each in spans]

    def _placed(self, runs: list[ctc.Run], rate: float, first: float) -> list[Label]:
        begin = first + self._gone / rate
        found = decoding.labelled(self.task, runs, 1.0 / rate, self.tier)
        return [replace(each, start=each.start + begin, end=each.end + begin) for each in found]
