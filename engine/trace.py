"""A trace: what a probe saw of a network at work, as named arrays on the clip's clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from engine.clip import Label

Direction = Literal["forward", "backward"]
LONGEST = 60.0
"""Seconds of a clip that one inspection, and so one trace, covers at most."""


@dataclass(frozen=True, order=True)
class Key:
    """Which array: its name (`h`, `c`, `gate.f`, `attention`, `posterior`), layer (from 1), direction."""

    name: str
    layer: int = 0
    direction: Direction = "forward"

    def __str__(self) -> str:
        arrow = " ←" if self.direction == "backward" else ""
        return f"{self.name} layer {self.layer}{arrow}" if self.layer else self.name


@dataclass(frozen=True, eq=False)
class Series:
    """Values [T, N] on the clip's clock: frame t lies at `first + t / rate` seconds.

    `axis` names the second axis (unit, class, mel, frequency, frame); `rows` names its entries or, for
    frequencies, gives hertz; `low` and `high` are the natural range, None where there is none; `note` is what its
    lane says of it.
    """

    values: NDArray[np.float32]
    rate: float
    first: float = 0.0
    axis: str = "unit"
    rows: tuple[str, ...] | tuple[float, ...] = ()
    low: float | None = None
    high: float | None = None
    unit: str = ""
    note: str = ""

    def time(self, frame: int) -> float:
        return self.first + frame / self.rate

    def frame(self, time: float) -> int:
        """The nearest frame, kept inside the series."""
        return max(0, min(len(self.values) - 1, round((time - self.first) * self.rate)))


@dataclass(frozen=True)
class Terms:
    """The sum inside a gate's sigmoid or tanh. For the GRU's n the recurrent term is already times r."""

    input: float
    recurrent: float
    bias: float

    @property
    def sum(self) -> float:
        return self.input + self.recurrent + self.bias


@dataclass(frozen=True, eq=False)
class Trace:
    """Every series that one run recorded, with the text it decoded, over a range of a clip in seconds."""

    clip_id: str
    start: float
    stop: float
    series: Mapping[Key, Series] = field(default_factory=lambda: MappingProxyType({}))
    text: tuple[Label, ...] = ()
    note: str = ""

    def find(self, name: str) -> tuple[Key, ...]:
        """The keys of one name, by layer and direction (forward first)."""
        return tuple(sorted((key for key in self.series if key.name == name), key=_order))


def units(text: str) -> tuple[int, ...]:
    """`1,5-7` -> (1, 5, 6, 7); an empty text names none. Raises ValueError that says what is wrong."""
    found: set[int] = set()
    for part in filter(None, (each.strip() for each in text.split(","))):
        ends = [each.strip() for each in part.split("-")]
        if (
            len(ends) > 2
            or not all(each.isdecimal() and len(each) < 6 for each in ends)
            or int(ends[-1]) < int(ends[0])
        ):
            raise ValueError(f"{part!r} is no unit; write units as 1,5-9")
        found.update(range(int(ends[0]), int(ends[-1]) + 1))
    return tuple(sorted(found))


def named(chosen: tuple[int, ...]) -> str:
    """(1, 5, 6, 7) -> `1,5-7`."""
    runs: list[list[int]] = []
    for unit in chosen:
        if runs and unit == runs[-1][1] + 1:
            runs[-1][1] = unit
        else:
            runs.append([unit, unit])
    return ",".join(f"{first}-{last}" if last > first else str(first) for first, last in runs)


def _order(key: Key) -> tuple[int, bool]:
    return key.layer, key.direction == "backward"
