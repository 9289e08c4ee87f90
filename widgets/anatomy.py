"""The anatomy of a cell at one frame: every value of one unit by its letter, and the sums that its gates see."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from engine.trace import Key

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from engine.trace import Terms

GATES = {"lstm": ("f", "i", "g", "o"), "gru": ("r", "z", "n"), "gru-seed": ("r", "z", "n"), "rnn": ("h",)}
"""What is a sigmoid or tanh of a sum, in the order in which it is read."""
SHARED = {"gru": ("n", "h′"), "gru-seed": ("h′", "n")}
"""What 1 − z and z are shares of in the h of a GRU: z keeps the old in torch's, and adds the new in the plan's."""
TANH = ("g", "n", "h", "c")
INKS = {"h": 0, "c": 1, "f": 2, "i": 3, "o": 4, "g": 5, "r": 2, "z": 3, "n": 5}
"""Which curve colour of the palette stands for a value."""


@dataclass(frozen=True)
class Anatomy:
    """Values by letter, a prime marks the frame before; `terms` of each gate where they are known, else why not.

    At the first frame of a pass what came before is 0, and `first` is true. `changed`: the run is one with edits.
    """

    cell: str
    values: Mapping[str, float]
    terms: Mapping[str, Terms] = field(default_factory=lambda: MappingProxyType({}))
    note: str = ""
    first: bool = False
    changed: bool = False

    @property
    def gates(self) -> tuple[str, ...]:
        return GATES[self.cell]

    def sum(self, gate: str) -> float:
        """What the sigmoid or tanh of a gate is taken of: its terms, or found back from its value."""
        if gate in self.terms:
            return self.terms[gate].sum
        value = self.values[gate]
        if gate in TANH:
            return math.atanh(min(max(value, -0.999999), 0.999999))
        inside = min(max(value, 1e-6), 1 - 1e-6)
        return math.log(inside / (1 - inside))

    def slope(self, gate: str) -> float:
        """The derivative at the sum: how much of an error comes through. Of c, that of tanh(c)."""
        if gate in TANH:
            return 1 - math.tanh(self.values["c"] if gate == "c" else self.sum(gate)) ** 2
        value = sigmoid(self.sum(gate))
        return value * (1 - value)

    def edited(self, name: str) -> bool:
        """Whether a gate, c or h is not what its equation gives, as it is written: somebody has changed it."""
        wanted, value = self._wanted(name) if self.changed else None, self.values[name]
        return wanted is not None and abs(wanted - value) > 0.0015 * max(1.0, abs(value))

    def _wanted(self, name: str) -> float | None:
        """What the equation of a value gives; None where there is none, or its terms are not known."""
        v = self.values
        if name in self.terms:
            return math.tanh(self.sum(name)) if name in TANH else sigmoid(self.sum(name))
        if self.cell == "lstm":
            return v["f·c′"] + v["i·g"] if name == "c" else v["o"] * v["tanh c"] if name == "h" else None
        if name == "h" and self.cell in SHARED:
            return sum(v[each] for each in products(self.cell))
        return None


def keeps(kind: str) -> bool:
    """Whether z is the share of h that a kind of cell keeps."""
    return SHARED.get(kind, SHARED["gru"])[1] == "h′"


def products(kind: str) -> tuple[str, str]:
    """The letters of the two products that make up the h of a GRU."""
    one, other = SHARED[kind]
    return f"(1−z)·{one}", f"z·{other}"


def sigmoid(x: float) -> float:
    return 0.5 + 0.5 * math.tanh(0.5 * x)


def read(value: Callable[[Key, int], float | None], key: Key, kind: str = "") -> Anatomy | None:
    """The anatomy from `value(key, back)`: of the frame that is looked at (back 0), or of that before it (1).

    `kind`, the network's, tells one GRU from the other. None where the frame lacks a value. Before the first frame
    of a pass there is none: None, which counts as 0.
    """

    def at(name: str, back: int = 0) -> float | None:
        return value(Key(name, key.layer, key.direction), back)

    if (h := at("h")) is None:
        return None
    gru = kind if kind in SHARED else "gru"
    cell = "lstm" if at("c") is not None else gru if at("gate.z") is not None else "rnn"
    values = {"h": h, "h′": at("h", 1)}
    if cell == "lstm":
        values |= {"c": at("c"), "c′": at("c", 1)}
    if cell != "rnn":
        values |= {gate: at(f"gate.{gate}") for gate in GATES[cell]}
    if any(each is None for name, each in values.items() if not name.endswith("′")):
        return None
    first = values["h′"] is None
    known = {name: 0.0 if each is None else each for name, each in values.items()}
    return Anatomy(cell, MappingProxyType(known | _made(cell, known)), first=first)


def found(made: Anatomy, before: Mapping[str, float]) -> Anatomy:
    """With other values of h and c before the frame than those of the frame before."""
    known = {**made.values, **{f"{name}′": value for name, value in before.items()}}
    return replace(made, values=MappingProxyType(known | _made(made.cell, known)))


def _made(cell: str, v: Mapping[str, float]) -> dict[str, float]:
    """The products on the way from the gates to h."""
    if cell == "lstm":
        return {"f·c′": v["f"] * v["c′"], "i·g": v["i"] * v["g"], "tanh c": math.tanh(v["c"])}
    if cell not in SHARED:
        return {}
    (rest, share), (one, other) = products(cell), SHARED[cell]
    return {"1−z": 1 - v["z"], rest: (1 - v["z"]) * v[one], share: v["z"] * v[other]}
