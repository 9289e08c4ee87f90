"""The difference between a run with edits and one without: how far each series moved, which answers changed."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from engine.edit import distance
from engine.events import Difference
from engine.probes.record import of
from engine.trace import Key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from engine.clip import Label

    Array = NDArray[np.float32]


def difference(
    before: Mapping[Key, Array],
    after: Mapping[Key, Array],
    texts: tuple[Sequence[Label], Sequence[Label]],
    idle: Mapping[int, str],
) -> Difference:
    """Both runs [T, N] by key, the posteriors among them; `texts` of before and after."""
    apart = {key: _apart(key, before[key], after[key]) for key in after if after[key] is not before[key]}
    old, new = before[Key("posterior")], after[Key("posterior")]
    said, heard = ([label.text for label in each] for each in texts)
    frames = int((old.argmax(1) != new.argmax(1)).sum()) if old.size else 0
    return Difference(
        tuple(texts[0]),
        distance(heard, said),
        frames,
        len(new),
        MappingProxyType(apart),
        MappingProxyType(dict(idle)),
    )


def _apart(key: Key, before: Array, after: Array) -> Array:
    """The largest change of any unit at each frame [T], as a share of the range of all of them."""
    told = of(key, before, 1.0, 0.0)
    if told.low is not None and told.high is not None:
        reach = told.high - told.low
    else:
        reach = 2 * max(float(np.abs(before).max(initial=0.0)), float(np.abs(after).max(initial=0.0)), 1e-9)
    moved = np.abs(after - before).max(axis=1, initial=0.0) / np.float32(reach)
    moved.setflags(write=False)
    return moved
