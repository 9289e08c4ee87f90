"""Mini-batches: clips of different lengths side by side, filled up with zeros that count nowhere."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from engine.scratch.cell import Array

Clip = tuple[Array, Array]
"""The features [T, D] of a clip, and the class of each frame [T]."""


class Batch(NamedTuple):
    """x [T, D, B], targets [T, B], lengths [B], and mask [T, B]: 1 for a frame, 0 for padding."""

    x: Array
    targets: Array
    lengths: Array
    mask: Array


def pad(clips: Sequence[Clip], steps: int = 0) -> Batch:
    """So many steps long, or as long as the longest clip."""
    lengths = np.array([len(x) for x, _ in clips])
    steps = max(steps, int(lengths.max()))
    x = np.zeros((steps, clips[0][0].shape[1], len(clips)), clips[0][0].dtype)
    targets = np.zeros((steps, len(clips)), np.int64)
    for column, (features, classes) in enumerate(clips):
        x[: len(features), :, column] = features
        targets[: len(classes), column] = classes
    mask = (np.arange(steps)[:, None] < lengths).astype(x.dtype)
    return Batch(x, targets, lengths, mask)


def shuffled(clips: Sequence[Clip], size: int, rng: np.random.Generator) -> Iterator[Batch]:
    """All clips once, in any order, `size` at a time."""
    order = rng.permutation(len(clips))
    for start in range(0, len(clips), size):
        yield pad([clips[place] for place in order[start : start + size]])
