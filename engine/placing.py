"""Placing: at which frames of which cells the edits of a session act."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import surgery

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engine.surgery import Edit
    from engine.trace import Direction


@dataclass(frozen=True)
class Clock:
    """Step k lies at `first + k / rate` seconds; a time t of the clip at `start + (t - start) scale`."""

    first: float
    rate: float
    start: float
    scale: float

    def of_clip(self, time: float) -> float:
        return self.start + (time - self.start) * self.scale


@dataclass(frozen=True)
class Placed:
    """An edit of one layer and direction in frames [a, b), counted as the cell goes through them."""

    edit: Edit
    layer: int
    direction: Direction
    a: int
    b: int


def place(edits: Sequence[Edit], settings: Any, first: float, rate: float, count: int) -> list[Placed]:
    """Where edits that fit the network act in a run of `count` frames; those beside it are left out.

    Times are on the clock of the frames: the first of them lies at `first` seconds.
    """
    ways: tuple[Direction, ...] = ("forward", "backward") if settings.bidirectional else ("forward",)
    found = []
    for edit in edits:
        if edit.lasts:
            a, b = surgery.stretch(edit.start, edit.stop, first, rate, count)
        else:
            a = b = surgery.boundary(edit.start, first, rate, count)
        layers = [edit.layer] if edit.layer else range(1, settings.layers + 1)
        for layer in layers:
            for way in [edit.direction] if edit.layer else ways:
                start, stop = (a, b) if way == "forward" else (count - b, count - a)
                if start < count and (start < stop or not edit.lasts):
                    found.append(Placed(edit, layer, way, start, stop))
    return found


def fitting(edits: Sequence[Edit], settings: Any, clock: Clock, count: int) -> tuple[list[Placed], dict[int, str]]:
    """Where the edits that are on act in `count` steps of a network with these settings; and why others cannot."""
    idle = {k: why for k, each in enumerate(edits) if (why := surgery.trouble(each, settings))}
    acting = [
        replace(each, start=clock.of_clip(each.start), stop=clock.of_clip(each.stop))
        for k, each in enumerate(edits)
        if each.on and k not in idle
    ]
    return place(acting, settings, clock.first, clock.rate, count) if acting else [], idle


def entering(
    placed: Sequence[Placed], layer: int, direction: Direction, at: int, name: str, state: NDArray[np.float32]
) -> NDArray[np.float32]:
    """What step `at`, as the cell counts, finds of a state h or c [H] that the step before has left."""
    for each in placed:
        if (each.layer, each.direction, each.a) == (layer, direction, at) and not each.edit.lasts:
            units, values = given(each, name, len(state))
            state = np.where(units, values, state)
    return state


def given(placed: Placed, name: str, size: int) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
    """Which units [H] of a state or gate are set, reset or pasted, and the values [H] that they get."""
    units, memory = np.zeros(size, bool), placed.edit.memory
    units[list(placed.edit.units) or slice(None)] = True
    values = np.full(size, placed.edit.value if placed.edit.how == "set" else 0.0, np.float32)
    if memory is not None:
        mine = [each for each in memory.states if (each.layer, each.direction) == (placed.layer, placed.direction)]
        values[:] = getattr(mine[0], name)
    return units, values
