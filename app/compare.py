"""`otoscope compare`: several networks trained alike with several seeds, side by side with their spread."""

from __future__ import annotations

import dataclasses
import json
import math
import statistics
from typing import TYPE_CHECKING, Any

from app import points, training
from app.cli import UsageError
from app.commands import change, say

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from engine.recipe import Recipe

SIDES = ("accuracy", "seconds", "memory MB", "parameters")
"""What is set side by side; accuracy is 1 - error on held-out clips."""


def main(arguments: argparse.Namespace) -> int:
    """Train every network with every seed, and print the table. Raises UsageError, KnobError, WorkFailed."""
    from engine import recipe

    base = recipe.read(arguments.recipe) if arguments.recipe else recipe.of(arguments.task or "phonemes")
    if arguments.task not in (None, base.task):
        raise UsageError(f"--recipe {arguments.recipe} is of the task {base.task}; leave --task out")
    for text in arguments.changes:
        base = training.change(base, *change(text))
    wanted = {text: network(base, text) for text in arguments.networks.split(",")}
    if arguments.seeds < 1:
        raise UsageError(f"--seeds is {arguments.seeds}; it must be 1 or more")
    asked = [
        points.Point({"network": text, "seed": seed}, points.shortened(one, arguments.steps, seed))
        for text, one in wanted.items()
        for seed in range(arguments.seeds)
    ]
    rows = list(points.run(asked, arguments.runs, arguments.device))
    found = {text: side([row for row in rows if row["network"] == text]) for text in wanted}
    steps = asked[0].recipe.train.steps
    if arguments.json:
        say(json.dumps({"task": base.task, "steps": steps, "seeds": arguments.seeds, "networks": found}, indent=2))
    else:
        say(f"{base.task}, {steps} steps, {arguments.seeds} seeds: mean and 95 % confidence interval")
        say(table(found))
    return 0


def network(base: Recipe, text: str) -> Recipe:
    """The recipe with the network of `CELL:KEY=VALUE:…`, such as lstm:layers=3:hidden=64, or MODEL:KEY=VALUE.

    Raises UsageError for what is neither, KnobError for a wrong setting.
    """
    from engine import catalog
    from engine.knob import knobs

    kind, *settings = text.split(":")
    model, values = base.model, base.model_settings.to_dict()
    cells = next((each.choices for each in knobs(type(base.model_settings)) if each.name == "cell"), ())
    if kind in cells:
        values["cell"] = kind
    elif kind in catalog.names("models"):
        model = kind
        values = values if model == base.model else {}
    else:
        known = ", ".join((*cells, *catalog.names("models")))
        raise UsageError(f"{text}: there is no network {kind!r}; write CELL:KEY=VALUE with one of: {known}")
    for each in settings:
        _, key, value = change(f"model.{each}")
        values[key] = value
    made = catalog.load("models", model).Settings.from_dict(values)
    return dataclasses.replace(base, model=model, model_settings=made)


def side(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Mean, half the confidence interval (None for one seed) and the single values of each measure."""
    found = {}
    for name in SIDES:
        values = [1 - row["error"] if name == "accuracy" else row[name] for row in rows]
        mean, half = interval(values)
        found[name] = {"mean": mean, "ci95": half, "values": values}
    return found


def interval(values: Sequence[float]) -> tuple[float, float | None]:
    """Mean and half-width of its 95 % confidence interval over n values, by Student's t.

    half = t(0.975, n - 1) s / sqrt(n), where s^2 = sum (x - mean)^2 / (n - 1): where seeds scatter as a normal
    distribution does, 95 of 100 such intervals hold the mean of all seeds. None where n is 1.
    """
    from scipy import stats

    count = len(values)
    if count < 2:
        return values[0], None
    spread = statistics.stdev(values)
    return statistics.fmean(values), float(stats.t.ppf(0.975, count - 1)) * spread / math.sqrt(count)


def table(found: dict[str, dict[str, Any]]) -> str:
    """A line a network: each measure with its interval."""
    lines = [["network", "accuracy %", *SIDES[1:]]]
    for name, side_ in found.items():
        cells = [_cell(side_["accuracy"], 100.0, 1), _cell(side_["seconds"], 1.0, 1)]
        lines.append([name, *cells, _cell(side_["memory MB"], 1.0, 0), f"{side_['parameters']['mean']:,.0f}"])
    widths = [max(len(line[place]) for line in lines) for place in range(len(lines[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) if place == 0 else cell.rjust(width)
                  for place, (cell, width) in enumerate(zip(line, widths, strict=True)))
        for line in lines
    )  # fmt: skip


def _cell(measure: dict[str, Any], scale: float, digits: int) -> str:
    half = measure["ci95"]
    return f"{scale * measure['mean']:.{digits}f}" + ("" if half is None else f" ± {scale * half:.{digits}f}")
