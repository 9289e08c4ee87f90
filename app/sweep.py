"""`otoscope sweep`: a recipe trained at every value of one knob or several, and a table of what came of it."""

from __future__ import annotations

import csv
import io
import json
import statistics
from typing import TYPE_CHECKING, Any

from app import axes as ways
from app import compare, comparing, findings, points, training
from app.cli import UsageError
from app.commands import change, say

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence
    from pathlib import Path

KINDS = (".csv", ".json")


def main(arguments: argparse.Namespace) -> int:
    """Train at every point, print the table, and write it where it is wanted. Raises UsageError, WorkFailed."""
    from engine import recipe

    check_out(arguments.out)
    if arguments.seeds < 1:
        raise UsageError(f"--seeds is {arguments.seeds}; it must be 1 or more")
    texts, name = ways.spelled(arguments.axes, arguments.recipe)
    chosen = recipe.read(name)
    for text in arguments.changes:
        chosen = training.change(chosen, *change(text))
    axes = [ways.axis(chosen, each) for each in texts]
    check_budget(arguments, axes)
    cells = {"": chosen}
    if arguments.cells:
        cells = comparing.networks_of(chosen, arguments.cells.split(","), arguments.budget)
    names = [each[:2] for each in axes]
    if len(set(names)) < len(names):
        raise UsageError(f"--axis {'.'.join(names[-1])} is given twice: write all its values in one")
    folder = arguments.runs or arguments.out.with_suffix("")
    asked = ways.combined(cells, axes, arguments.steps, arguments.seeds)
    rows = _trained(asked, folder, arguments.device, arguments.out)
    rank(rows, [f"{table}.{key}" for table, key, _ in axes])
    write(rows, arguments.out)
    say(table(rows))
    found = findings.of(rows, chosen, axes)
    drawn = compare.picture(found, arguments.out) if found.get("rows") or found.get("grids") else []
    say(", ".join(map(str, (arguments.out, *drawn))) + f", runs in {folder}")
    for words in found["advice"]:
        say(words)
    return 0


def _trained(asked: Sequence[points.Point], folder: Path, device: str, out: Path) -> list[dict[str, Any]]:
    """A row for every point; what is there so far is written after each. Raises WorkFailed."""
    from engine import latency

    rows: list[dict[str, Any]] = []
    try:
        for point, row in zip(asked, points.rows(asked, folder, device), strict=True):
            one = point.recipe
            seconds = latency.of(one.task, one.task_settings, one.model, one.model_settings).total
            rows.append({**point.named, "latency ms": None if seconds is None else 1000 * seconds, **row})
            write(rows, out)
    except BaseException:
        if rows:
            say(table(rows))
            say(f"{out}, runs in {folder}")
        raise
    return rows


def rank(rows: Sequence[dict[str, Any]], axes: Sequence[str]) -> None:
    """Give each row the rank of its point: 1 has the lowest error, in the mean of its seeds; equals share one."""
    found: dict[tuple[Any, ...], list[float]] = {}
    for row in rows:
        if row["error"] is not None:
            found.setdefault(_point(row, axes), []).append(row["error"])
    means = {at: statistics.fmean(errors) for at, errors in found.items()}
    for row in rows:
        mine = means.get(_point(row, axes))
        row["rank"] = None if mine is None else 1 + sum(each < mine for each in means.values())


def _point(row: Mapping[str, Any], axes: Sequence[str]) -> tuple[Any, ...]:
    return (row.get("network"), *(row[each] for each in axes))


def check_budget(arguments: argparse.Namespace, axes: Sequence[ways.Axis]) -> None:
    """Raise UsageError where a budget has no networks to be fitted, or an axis would undo that."""
    if arguments.budget and not arguments.cells:
        raise UsageError(f"--budget {arguments.budget} needs networks to be fitted: say --cells rnn,lstm,gru")
    for table, key, _ in axes:
        if arguments.budget and table == "model":
            raise UsageError(f"--axis {key} sets how large a network is: leave it out, or --budget")


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
