"""`otoscope sweep`: a recipe trained at every value of one knob or several, and a table of what came of it."""

from __future__ import annotations

import csv
import io
import itertools
import json
import math
from typing import TYPE_CHECKING, Any

from app import compare, comparing, points, training
from app.cli import UsageError
from app.commands import change, say

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from engine.recipe import Recipe

KINDS = (".csv", ".json")
DOTS = ("...", "…")
LENGTH = "seqlen"
"""An axis of this name is the knob by which a task's sequences grow longer."""
_MOST = 1000  # points that nobody meant


def main(arguments: argparse.Namespace) -> int:
    """Train at every point, print the table, and write it where it is wanted. Raises UsageError, WorkFailed."""
    from engine import recipe

    check_out(arguments.out)
    if arguments.seeds < 1:
        raise UsageError(f"--seeds is {arguments.seeds}; it must be 1 or more")
    chosen = recipe.read(arguments.recipe)
    for text in arguments.changes:
        chosen = training.change(chosen, *change(text))
    axes = [axis(chosen, each) for each in arguments.axes]
    cells = comparing.networks_of(chosen, arguments.cells.split(",")) if arguments.cells else {"": chosen}
    names = [each[:2] for each in axes]
    if len(set(names)) < len(names):
        raise UsageError(f"--axis {'.'.join(names[-1])} is given twice: write all its values in one")
    asked = of_axes(cells, axes, arguments.steps, arguments.seeds)
    folder = arguments.runs or arguments.out.with_suffix("")
    rows: list[dict[str, Any]] = []
    try:
        for row in points.rows(asked, folder, arguments.device):
            rows.append(row)
            write(rows, arguments.out)
    finally:
        if rows:
            say(table(rows))
            say(f"{arguments.out}, runs in {folder}")
    drawn = curves(rows, chosen, axes)
    if drawn is not None:
        say(", ".join(map(str, compare.picture(drawn, arguments.out))))
        for words in drawn["advice"]:
            say(words)
    return 0


def curves(
    rows: Sequence[dict[str, Any]], chosen: Recipe, axes: Sequence[tuple[str, str, list[Any]]]
) -> dict[str, Any] | None:
    """The mean error and its interval at each value of one axis of numbers, by network; None for other axes.

    With what it says about gated cells where the axis is how long a sequence of the task is.
    """
    from engine import catalog, comparison

    if len(axes) != 1 or not all(
        isinstance(each, int | float) and not isinstance(each, bool) for each in axes[0][2]
    ):
        return None
    (table, key, _), task = axes[0], catalog.load("tasks", chosen.task)
    errors: dict[str, dict[float, list[float | None]]] = {}
    for row in rows:
        mine = errors.setdefault(row.get("network", chosen.model), {})
        mine.setdefault(row[f"{table}.{key}"], []).append(row["error"])
    found = {name: {at: comparison.side(each) for at, each in points_.items()} for name, points_ in errors.items()}
    is_length = table == "task" and key == getattr(task, "LENGTH", "")
    gated = [name for name in found if name in ("lstm", "gru")] if is_length and "rnn" in found else []
    return {
        "axis": key.replace("_", " "),
        "chance": comparison.chance(chosen),
        "rows": [
            {"network": name, "x": at, **{part: measure[part] for part in ("mean", "ci95")}}
            for name, points_ in found.items()
            for at, measure in points_.items()
        ],
        "advice": [comparison.remember(found, "rnn", name, comparison.LONG) for name in gated],
    }


def axis(chosen: Recipe, text: str) -> tuple[str, str, list[Any]]:
    """Table, key and values of `TABLE.KEY=A,B,C` or `KEY=A,B,...,Z`. Raises UsageError, KnobError."""
    name, equals, said = text.partition("=")
    if name == LENGTH:
        from engine import catalog

        own = getattr(catalog.load("tasks", chosen.task), "LENGTH", "")
        if not own:
            raise UsageError(f"--axis {text}: {chosen.task} has no knob for the length of its sequences")
        name = f"task.{own}"
    if not equals or not said:
        raise UsageError(f"--axis {text}: write it as TABLE.KEY=VALUES, as in train.batch=1,2,4,...,64")
    table, dot, key = name.rpartition(".")
    if not dot:
        table = training.table_of(chosen, key)
    values = [each if each in DOTS else change(f"{table}.{key}={each}")[2] for each in said.split(",")]
    values = filled(values, text)
    for each in values:
        training.change(chosen, table, key, each)  # a wrong one is said before anything is trained
    return table, key, values


def filled(values: Sequence[Any], text: str) -> list[Any]:
    """Values with `...` written out: by the ratio of the numbers before it if three agree on it, or by their step.

    1,2,4,...,64 doubles; 1,2,...,64 counts. Raises UsageError where that does not lead to the last value.
    """
    if not any(each in DOTS for each in values):
        return list(values)
    place = next(index for index, each in enumerate(values) if each in DOTS)
    before, after = list(values[:place]), list(values[place + 1 :])
    numbers = all(isinstance(each, int | float) and not isinstance(each, bool) for each in (*before, *after))
    if len(after) != 1 or len(before) < 2 or not numbers:
        raise UsageError(
            f"--axis {text}: before ... stand two or three numbers, behind it one, as in 1,2,4,...,64"
        )
    step, ratio = before[-1] - before[-2], before[-1] / before[-2] if before[-2] else 0.0
    grows = len(before) > 2 and math.isclose(ratio, before[-2] / before[-3] if before[-3] else 0.0)
    found = before
    while abs(found[-1] - before[0]) < abs(after[0] - before[0]) * (1 - 1e-9) and len(found) < _MOST:
        found = [*found, found[-1] * ratio if grows else found[-1] + step]
    if not math.isclose(found[-1], after[0], rel_tol=1e-6):
        raise UsageError(f"--axis {text}: steps like those before ... do not lead to {after[0]:g}")
    whole = all(isinstance(each, int) for each in (*before, *after))
    return [round(each) if whole else float(f"{each:.6g}") for each in found]


def of_axes(
    cells: Mapping[str, Recipe], axes: Sequence[tuple[str, str, list[Any]]], steps: int | None, seeds: int
) -> list[points.Point]:
    """Every network with every combination of values, each with as many seeds; "" is no name of a network."""
    count = seeds * len(cells) * math.prod(len(each) for _, _, each in axes)
    if count > _MOST:
        raise UsageError(f"that makes {count} trainings; {_MOST} are the most: give fewer values or seeds")
    found = []
    for (cell, chosen), values in itertools.product(
        cells.items(), itertools.product(*(each for _, _, each in axes))
    ):
        one = chosen
        for (table, key, _), value in zip(axes, values, strict=True):
            one = training.change(one, table, key, value)
        named = {"network": cell} if cell else {}
        named |= {f"{table}.{key}": value for (table, key, _), value in zip(axes, values, strict=True)}
        for seed in range(seeds):
            own = one.train.seed + seed
            found.append(points.Point({**named, "seed": own}, points.shortened(one, steps, own)))
    return found


def check_out(out: Path) -> None:
    """Raise UsageError, before any work, where no table can be written."""
    if out.suffix.lower() not in KINDS:
        raise UsageError(f"--out {out}: a table is written as {' or '.join(KINDS)}")
    if not out.parent.is_dir():
        raise UsageError(f"--out {out}: there is no folder {out.parent}; make it first")


def write(rows: Sequence[dict[str, Any]], out: Path) -> None:
    """The rows as .csv or .json, whole or not at all. Raises OSError."""
    from engine.replacing import replacing

    if out.suffix.lower() == ".json":
        text = json.dumps(list(rows), indent=2) + "\n"
    else:
        lines = io.StringIO()
        made = csv.DictWriter(lines, list(rows[0]), lineterminator="\n")
        made.writeheader()
        made.writerows(rows)
        text = lines.getvalue()
    with replacing(out) as part:
        part.write_text(text, encoding="utf-8")


def table(rows: Sequence[dict[str, Any]]) -> str:
    """Rows in columns as wide as they need, without their runs' folders."""
    names = [name for name in rows[0] if name != "run"]
    cells = [names, *([shown(name, row[name]) for name in names] for row in rows)]
    widths = [max(len(line[place]) for line in cells) for place in range(len(names))]
    return "\n".join(
        "  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in cells
    )


def shown(name: str, value: Any) -> str:
    """A value of a column in few digits."""
    if value is None:
        return "n/a"
    if name == "error":
        return f"{value:.2%}"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    return str(value)
