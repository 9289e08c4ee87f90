"""Spelling: words, with times and confidence, from what a network names frame by frame (CTC)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.recognisers.recogniser import Word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engine.clip import Label

SPACES = (" ", "|")
"""What networks write between two words."""
_PAUSE = 0.4
"""Seconds without a letter that part two words."""


def confidence(label: Label, share: NDArray[np.float64], vocabulary: Sequence[str], seconds: float) -> float:
    """How sure a network was of a label while it was named, from posteriors [T, C] of so many seconds a frame.

    Of a label of the vocabulary it is the greatest posterior, of another, such as a word that the task put
    together from letters, the mean of the greatest ones of its frames.
    """
    first = min(len(share) - 1, max(0, round(label.start / seconds)))
    named = share[first : max(first + 1, round(label.end / seconds))]
    if label.text in vocabulary:
        return float(named[:, vocabulary.index(label.text)].max())
    return float(named.max(axis=1).mean())


def words(
    labels: Sequence[Label], sure: Sequence[float], letters: bool, start: float, end: float
) -> tuple[Word, ...]:
    """The labels as words, moved by `start` seconds and kept before `end`.

    Where they are letters, those between two spaces or pauses are a word, as sure as their geometric mean.
    """
    groups: list[list[tuple[Label, float]]] = []
    apart = True
    for label, one in zip(labels, sure, strict=True):
        if label.text in SPACES:
            apart = True
            continue
        if apart or not letters or label.start - groups[-1][-1][0].end > _PAUSE:
            groups.append([])
        groups[-1].append((label, one))
        apart = False
    found = []
    for group in groups:
        certain = float(np.exp(np.mean(np.log(np.maximum([one for _, one in group], 1e-9)))))
        first, last = start + group[0][0].start, start + group[-1][0].end
        text = "".join(each.text for each, _ in group)
        found.append(Word(min(first, end), min(last, end), text, certain))
    return tuple(found)
