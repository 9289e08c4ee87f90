"""Surgery: changes of a network's states and gates over a stretch of time, as frozen values of the session.

How they act: engine/rerun.py. Times are seconds on the clip's clock; the letters are those of engine/cells.py.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

from engine.trace import Direction, Key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.events import Traced

How = Literal["set", "freeze", "reset", "paste"]
NAMES = {"rnn": ("h",), "lstm": ("f", "i", "o", "g", "c", "h"), "gru": ("r", "z", "n", "h")}
"""What can be set or frozen in each kind of cell."""
WORDS = dict(
    f="forget gate", i="input gate", o="output gate", g="candidate", r="reset gate", z="update gate",
    n="candidate", c="cell state", h="hidden state",
)  # fmt: skip
_LOWEST = 0.0005
"""Seconds between two edges below which they are one moment."""


class EditError(ValueError):
    """A change that cannot be made; the message says why, and what would be possible."""


@dataclass(frozen=True)
class Held:
    """The states of one layer and direction between two frames; `c` is empty but for the LSTM."""

    layer: int
    direction: Direction
    h: tuple[float, ...]
    c: tuple[float, ...] = ()


@dataclass(frozen=True)
class Memory:
    """All states of a network between two frames of a clip, to be pasted elsewhere. `words` say whose they are."""

    words: str
    states: tuple[Held, ...]


@dataclass(frozen=True)
class Edit:
    """One change. No `units` means all of them.

    set: `name` is `value` from `start` to `stop`. freeze: it keeps the value that it had in the step before.
    reset, paste: what is remembered at `start` is nothing, or a `memory`, in one layer or (layer 0) in all
    of them, for those who run on from there in either direction; the output at `start` itself is computed from it.
    """

    how: How
    start: float
    stop: float = 0.0
    name: str = ""
    layer: int = 0
    direction: Direction = "forward"
    units: tuple[int, ...] = ()
    value: float = 0.0
    memory: Memory | None = None
    on: bool = True

    @property
    def lasts(self) -> bool:
        """Whether it acts over a stretch of time, not at one moment."""
        return self.how in ("set", "freeze")

    @property
    def key(self) -> Key:
        """The series that shows it."""
        return Key(self.name if self.name in ("h", "c", "") else f"gate.{self.name}", self.layer, self.direction)


def limits(name: str) -> tuple[float, float]:
    """Between which values something can be set."""
    return (0.0, 1.0) if name in tuple("fiorz") else (-5.0, 5.0) if name == "c" else (-1.0, 1.0)


def where(edit: Edit) -> str:
    """Which part of the network it changes, in words."""
    layer = f"layer {edit.layer}{' ←' if edit.direction == 'backward' else ''}" if edit.layer else "all layers"
    if not edit.units:
        return f"{layer}, all units"
    first, last, many = min(edit.units), max(edit.units), len(edit.units)
    if many == 1:
        return f"{layer}, unit {first}"
    return f"{layer}, units {first} to {last}" if many == last - first + 1 else f"{layer}, {many} units"


def what(edit: Edit) -> str:
    """What it does, in words."""
    if edit.how == "reset":
        return "state reset"
    if edit.how == "paste":
        return f"state of {edit.memory.words}" if edit.memory is not None else "state of nothing"
    name = f"{WORDS[edit.name]} {edit.name}"
    if edit.how == "freeze":
        return f"{name} frozen"
    gate = edit.name in tuple("fiorz")
    ends = {0.0: " (shut)", 1.0: " (open)"} if gate else {}
    return f"{name} = {edit.value:g}{ends.get(edit.value, '')}".replace("-", "\N{MINUS SIGN}")


def trouble(edit: Edit, settings: Any) -> str:
    """Why a network with these settings cannot be changed so; empty where it can."""
    names = NAMES.get(getattr(settings, "cell", ""))
    if names is None:
        return "this network has no states that could be changed"
    if edit.layer > settings.layers:
        return f"there is no layer {edit.layer}: this network has {settings.layers}"
    if edit.direction == "backward" and not settings.bidirectional:
        return "this network has no backward direction"
    if edit.lasts and edit.name not in names:
        return f"{settings.cell.upper()} has no {WORDS[edit.name]} {edit.name}; it has {', '.join(names)}"
    if edit.units and max(edit.units) >= settings.hidden:
        return f"there is no unit {max(edit.units)}: a layer has {settings.hidden}, from 0 on"
    if edit.how == "paste":
        return _misfit(edit, settings)
    return ""


def _misfit(edit: Edit, settings: Any) -> str:
    if edit.memory is None:
        return "no state was copied: put the cursor where one is, and copy it first"
    held = {(each.layer, each.direction): each for each in edit.memory.states}
    ways: tuple[Direction, ...] = get_args(Direction) if settings.bidirectional else ("forward",)
    layers = [edit.layer] if edit.layer else list(range(1, settings.layers + 1))
    for layer in layers:
        for way in [edit.direction] if edit.layer else ways:
            found = held.get((layer, way))
            if found is None or len(found.h) != settings.hidden or bool(found.c) != (settings.cell == "lstm"):
                return f"the state of {edit.memory.words} is that of a network of another form"
    return ""


def check(edit: Edit) -> Edit:
    """The edit itself. Raises EditError for one that would be one of no network."""
    if edit.how not in get_args(How) or edit.direction not in get_args(Direction):
        raise EditError(f"there is no edit {edit.how!r} in direction {edit.direction!r}")
    if not (0 <= edit.start < math.inf and edit.stop < math.inf):
        raise EditError(f"an edit from {edit.start} to {edit.stop} s lies in no clip")
    if edit.layer < 0 or any(unit < 0 for unit in edit.units):
        raise EditError("layers are counted from 1, units from 0")
    if not edit.lasts:
        return edit
    if edit.layer < 1:
        raise EditError("a value is set or frozen in one layer; name it, from 1 on")
    if edit.name not in WORDS:
        raise EditError(f"there is no {edit.name!r} to be changed; there are {', '.join(WORDS)}")
    if edit.stop - edit.start < _LOWEST:
        raise EditError(f"from {edit.start:g} to {edit.stop:g} s is no stretch of time; drag further")
    low, high = limits(edit.name)
    if edit.how == "set" and not low <= edit.value <= high:
        raise EditError(f"{WORDS[edit.name]} lies between {low:g} and {high:g}; {edit.value:g} does not")
    return edit


def copied(traced: Traced, time: float, name: str) -> Memory:
    """All states between the frame at `time` on the clip's clock and the one before. Raises EditError."""
    keys, start = traced.trace.find("h"), traced.trace.start
    if not keys:
        raise EditError("there are no states to be copied; choose a recurrent network")
    found = []
    for key in keys:
        h = traced.trace.series[key]
        c = traced.trace.series.get(Key("c", key.layer, key.direction))
        at = boundary(start + (time - start) * traced.scale, h.first, h.rate, len(h.values))
        at = at - 1 if key.direction == "forward" else at
        inside = 0 <= at < len(h.values)
        rows = [each.values[at] if inside else 0 * each.values[0] for each in (h, c) if each is not None]
        found.append(Held(key.layer, key.direction, *(tuple(map(float, row)) for row in rows)))
    return Memory(f"{name} at {time:.2f} s", tuple(found))


def boundary(time: float, first: float, rate: float, count: int) -> int:
    """The frame 0 to `count` that a moment lies in: what is changed there is what enters it from before."""
    return max(0, min(count, math.floor((time - first) * rate + 0.5)))


def stretch(start: float, stop: float, first: float, rate: float, count: int) -> tuple[int, int]:
    """The frames [a, b) whose middle lies from `start` to `stop`, or the nearest one where none does."""
    low, high = (start - first) * rate, (stop - first) * rate
    a, b = math.ceil(low - 1e-6), math.ceil(high - 1e-6)
    if a == b:
        a = round((low + high) / 2)
        b = a + 1
    return max(0, a), max(0, min(count, b))


def to_dict(edit: Edit) -> dict[str, Any]:
    """Plain values, as a file holds them."""
    told: dict[str, Any] = {"how": edit.how, "start": edit.start, "layer": edit.layer, "on": edit.on}
    told |= {"direction": edit.direction, "units": list(edit.units)}
    if edit.lasts:
        told |= {"stop": edit.stop, "name": edit.name, "value": edit.value}
    if edit.memory is not None:
        states = [[each.layer, each.direction, list(each.h), list(each.c)] for each in edit.memory.states]
        told["memory"] = {"words": edit.memory.words, "states": states}
    return told


def from_dict(told: Mapping[str, Any]) -> Edit:
    """What `to_dict` gave. Raises EditError, TypeError, ValueError, KeyError."""
    values = dict(told)
    memory = values.pop("memory", None)
    if memory is not None:
        states = tuple(
            Held(int(layer), way, tuple(map(float, h)), tuple(map(float, c)))
            for layer, way, h, c in memory["states"]
        )
        values["memory"] = Memory(str(memory["words"]), states)
    values["units"] = tuple(int(unit) for unit in values.get("units", ()))
    return check(Edit(**values))
