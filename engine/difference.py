"""The difference between a run with edits and one without: where its series part, which answers changed."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from engine.edit import distance
from engine.events import Difference
from engine.session import Span

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from engine.clip import Label
    from engine.trace import Key, Series

PARTED = 0.05
"""Share of its range by which one unit of a series has to move, so that its frame counts as another."""


def difference(
    before: Mapping[Key, NDArray[np.float32]],
    after: Mapping[Key, Series],
    texts: tuple[Sequence[Label], Sequence[Label]],
    idle: Mapping[int, str],
    answer: Key,
) -> Difference:
    """Both runs by key, [T, N] each, the answers among them; `texts` of before and after.

    A frame counts as another where another class is the likeliest or, of gains, where one has moved by PARTED.
    """
    moved = {key: each for key, each in after.items() if each.values is not before[key]}
    spans = {key: found for key, each in moved.items() if (found := _spans(before[key], each))}
    old, new = _alike(before[answer], after[answer].values)
    said, heard = ([label.text for label in each] for each in texts)
    other = old.argmax(1) != new.argmax(1) if answer.name == "posterior" else np.abs(old - new).max(1) > PARTED
    frames = int(other.sum()) if old.size else 0
    words, why = distance(heard, said), MappingProxyType(dict(idle))
    return Difference(tuple(texts[0]), words, frames, len(new), MappingProxyType(spans), why)


def _spans(before: NDArray[np.float32], after: Series) -> tuple[Span, ...]:
    """Where the unit that moves most has moved so far; frame t reaches half a frame to either side."""
    before, values = _alike(before, after.values)
    if after.low is not None and after.high is not None:
        reach = after.high - after.low
    else:
        reach = 2 * max(float(np.abs(each).max(initial=0.0)) for each in (before, values))
    parted = np.abs(values - before).max(axis=1, initial=0.0) > PARTED * max(reach, 1e-9)
    edges = np.flatnonzero(np.diff(parted[: len(after.values)], prepend=False, append=False))
    times = (after.first + (edges - 0.5) / after.rate).tolist()
    return tuple(Span(a, b) for a, b in zip(times[::2], times[1::2], strict=True))


def _alike(
    one: NDArray[np.float32], other: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Both filled up with zeros where they differ in size: with edits, what is written may end later, or earlier.

    Zeros have class 0 on top, which ends what is written.
    """
    if one.shape == other.shape:
        return one, other
    size = np.maximum(one.shape, other.shape)

    def filled(values: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.pad(values, [(0, most - now) for most, now in zip(size.tolist(), values.shape, strict=True)])

    return filled(one), filled(other)
