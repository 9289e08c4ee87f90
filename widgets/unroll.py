"""A network unrolled through time, as numbers: its rows, how frames share a node, and what its nodes say."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from engine.trace import Direction, Key

    Values = NDArray[np.floating]

NEAR, LEAST = 18.0, 3.0
"""Pixels between two nodes, at the least: where they fold as needed, and where every frame is wanted."""


@dataclass(frozen=True)
class Row:
    """One row of nodes, from x at the bottom over the layers to y; `x` and `y` have no key of a state."""

    kind: Literal["x", "h", "y"]
    name: str
    key: Key | None = None

    @property
    def direction(self) -> Direction:
        return "forward" if self.key is None else self.key.direction

    def shows(self, key: Key | None) -> bool:
        """Whether it is the layer of a key, in its direction."""
        mine = self.key
        return None not in (mine, key) and (mine.layer, mine.direction) == (key.layer, key.direction)  # type: ignore[union-attr]


def rows(keys: Iterable[Key]) -> list[Row]:
    """x, every recurrent layer with its directions, and y, from the bottom to the top; none without a layer."""
    found = sorted(
        (key for key in keys if key.name == "h"), key=lambda key: (key.layer, key.direction == "backward")
    )
    if not found:
        return []
    both = any(key.direction == "backward" for key in found)
    arrows = {"forward": " →" if both else "", "backward": " ←"}
    layers = [Row("h", f"{key.layer}{arrows[key.direction]}", key) for key in found]
    return [Row("x", "x"), *layers, Row("y", "y")]


def fold(pixels: float, least: float) -> int:
    """How many frames share a node, a power of two, so that nodes stand `least` apart; a frame has `pixels`."""
    return 1 << max(0, math.ceil(math.log2(max(least, 1e-6) / max(pixels, 1e-6))))


@dataclass(frozen=True)
class Groups:
    """The groups of `size` frames that can be seen, of `count` frames: group k holds frames k size and on."""

    size: int
    begin: int
    end: int
    count: int

    def __len__(self) -> int:
        return max(0, self.end - self.begin)

    def middle(self) -> Values:
        """The frame in the middle of each, which need not be whole: all stand equally far apart."""
        return np.arange(self.begin, self.end) * self.size + (self.size - 1) / 2


def seen(first: float, last: float, size: int, count: int) -> Groups:
    """The groups between two frames of `count`, and one more on each side, whose arrows are seen."""
    begin = max(0, math.floor(first / size) - 1)
    return Groups(size, begin, max(begin, min(-(-count // size), math.floor(last / size) + 2)), count)


def strength(values: Values, groups: Groups) -> Values:
    """The mean of |h| over units and frames, from h [T, N]: one number a group."""
    return _over(np.abs(values[_part(groups)]).mean(1), groups, np.add) / _sizes(groups)


def unit(values: Values, groups: Groups) -> Values:
    """What moves one unit [T] most in each group, with its sign."""
    part = values[_part(groups)]
    high, low = _over(part, groups, np.maximum), _over(part, groups, np.minimum)
    return np.where(np.abs(low) > np.abs(high), low, high)


def best(posterior: Values, groups: Groups, blank: int | None = None) -> tuple[NDArray[np.intp], Values]:
    """The surest class in each group, and how sure it is; the `blank` only where no other is likely."""
    part = posterior[_part(groups)]
    most = np.maximum.reduceat(part, np.arange(0, len(part), groups.size), axis=0)
    judged = most.copy()
    if blank is not None:
        judged[:, blank] = np.minimum(judged[:, blank], 0.5)
    which = judged.argmax(1)
    return which, most[np.arange(len(most)), which]


def _part(groups: Groups) -> slice:
    return slice(groups.begin * groups.size, min(groups.end * groups.size, groups.count))


def _over(values: Values, groups: Groups, how: np.ufunc) -> Values:
    """One number of every group from one of every frame."""
    found: Values = how.reduceat(values, np.arange(0, len(values), groups.size))
    return found


def _sizes(groups: Groups) -> Values:
    first = np.arange(groups.begin, groups.end) * groups.size
    return np.minimum(first + groups.size, groups.count) - first.astype(float)
