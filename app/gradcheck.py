"""`otoscope gradcheck`: every derivative of the cells from scratch beside central differences, as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from app.cli import UsageError
from engine.scratch import net as nets
from engine.scratch.batch import pad
from engine.scratch.check import Checked, check
from engine.scratch.exchange import CELLS
from engine.scratch.loss import cross_entropy

if TYPE_CHECKING:
    import argparse

MOST = 1e-6
"""The greatest relative error of a derivative that is right."""
INPUTS, HIDDEN, CLASSES, STEPS, CLIPS = 4, 5, 3, 30, 3


def main(arguments: argparse.Namespace) -> int:
    """Print the table; 1 where a gradient is broken. Raises UsageError."""
    variant = arguments.variant or "torch"
    if arguments.variant and arguments.cell != "gru":
        raise UsageError(f"--variant is of the GRU; there is one {arguments.cell} only: leave it out")
    if arguments.lesson and arguments.cell != "rnn":
        raise UsageError("the first lesson's cell is the RNN: write --cell rnn --lesson 1")
    kind = "gru-seed" if arguments.cell == "gru" and variant == "seed" else arguments.cell
    found = checked(kind, arguments.layers, arguments.bidirectional, arguments.seed)
    _show(f"{kind}, {STEPS} steps of {CLIPS} clips of unequal length, float64", found)
    return int(any(not each.error < MOST for each in found))


def checked(kind: str, layers: int = 1, both: bool = False, seed: int = 0) -> list[Checked]:
    """A small network of a kind of cell, its output and its loss over padded clips: each parameter's error."""
    rng = np.random.default_rng(seed)
    net = nets.draw(CELLS[kind], (INPUTS, HIDDEN, CLASSES), rng, layers, both, dtype=np.float64)
    lengths = np.linspace(STEPS, STEPS // 2, CLIPS).astype(int)
    batch = pad([(rng.standard_normal((n, INPUTS)), rng.integers(0, CLASSES, n)) for n in lengths])

    def loss() -> float:
        y = net.forward(batch.x, batch.lengths)
        return float(cross_entropy(y, batch.targets, batch.mask)[0].sum() / batch.mask.sum())

    net.learn(batch)
    return check(loss, net.weights, net.grads)


def _show(title: str, found: list[Checked]) -> None:
    from rich.console import Console
    from rich.table import Table

    table: Any = Table(title=title)
    for name, side in (
        ("parameter", "left"),
        ("shape", "left"),
        ("greatest relative error", "right"),
        ("", "left"),
    ):
        table.add_column(name, justify=side)
    for each in found:
        right = each.error < MOST
        shape = " × ".join(map(str, each.shape))
        table.add_row(each.name, shape, f"{each.error:.1e}", "ok" if right else "[red]broken[/red]")
    console = Console()
    console.print(table)
    broken = [each.name for each in found if not each.error < MOST]
    if broken:
        console.print(f"{len(broken)} of {len(found)} gradients differ by {MOST:g} or more: {', '.join(broken)}")
    else:
        console.print(f"All {len(found)} gradients agree with central differences within {MOST:g}.")
