"""The tables of the lessons, each made from what the code declares, so that no page says anything else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine import masks
from engine.counting import plan_sizes, torch_sizes
from engine.probes.record import RANGES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

KINDS = {"rnn": "Simple RNN", "lstm": "LSTM", "gru": "GRU"}
GATES = {"rnn": (), "lstm": ("i", "f", "g", "o"), "gru": ("r", "z", "n")}
"""As in engine/cells.py, which needs torch; a test compares them."""


def markdown(name: str) -> str:
    """A table by its name, as Markdown. Raises LookupError."""
    if name not in _TABLES:
        raise LookupError(f"there is no table {name!r}; there are: {', '.join(_TABLES)}")
    rows = _TABLES[name]()
    head, *body = rows
    rule = "|".join(["---"] * len(head))
    return "\n".join(f"|{'|'.join(row)}|" for row in (head, [rule], *body))


def activations() -> list[Sequence[str]]:
    """Which function bends which part of which cell, by the natural range of each part."""
    rows: list[Sequence[str]] = [("Component", *KINDS.values())]
    parts: dict[str, list[str]] = {"Hidden/Cell State": [], "Gates": []}
    for names in GATES.values():
        squashed = {each: _bend(RANGES.get(f"gate.{each}", RANGES["gate"])) for each in names}
        candidates = {bend for bend in squashed.values() if bend == "tanh"}
        gates = {bend for bend in squashed.values() if bend == "sigmoid"}
        parts["Gates"].append(" ".join(gates) or "N/A")
        parts["Hidden/Cell State"].append(f"{' '.join(candidates)} (candidate)" if names else _bend(RANGES["h"]))
    rows += [(name, *cells) for name, cells in parts.items()]
    rows.append(("Output Layer", *["softmax"] * len(KINDS)))
    return rows


def policies() -> list[Sequence[str]]:
    """SpecAugment's policies, and the time warp that this program leaves off."""
    head = ("Policy", "$F$", "$m_F$", "$T$", "$p$", "$m_T$", "$W$ of the paper")
    return [head] + [
        (name, *(f"{each:g}" for each in (high, bands, long, share, times)), str(warp))
        for name, (warp, high, bands, long, share, times) in masks.POLICIES.items()
    ]


def parameters() -> list[Sequence[str]]:
    """Weights of one layer, by the plan's formulas and as torch counts them."""
    d, h = 161, 128
    rows: list[Sequence[str]] = [("Cell", f"the plan, d={d}, h={h}", "torch (two biases)")]
    for kind, name in KINDS.items():
        rows.append((name, f"{plan_sizes(kind, d, h):,}", f"{torch_sizes(kind, d, h):,}"))
    return rows


def _bend(span: tuple[float | None, float | None]) -> str:
    return {(0.0, 1.0): "sigmoid", (-1.0, 1.0): "tanh"}[span]  # type: ignore[index]


_TABLES: dict[str, Callable[[], list[Sequence[str]]]] = {
    "activations": activations,
    "policies": policies,
    "parameters": parameters,
}
