"""What a sweep has found: a curve over an axis, a heat map over two, the best, and where more gains little."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Any

from app.axes import NAMES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.axes import Axis
    from engine.recipe import Recipe

    Rows = Sequence[Mapping[str, Any]]

LEAST = 0.01
"""A gain in error that is worth a larger network or a longer wait."""
HEAVY = ("train.bptt", "train.batch", "train.accumulate", "model.hidden", "model.layers")
"""The knobs that cost memory, which is drawn beside the error."""


def of(rows: Rows, chosen: Recipe, axes: Sequence[Axis]) -> dict[str, Any]:
    """What app.graph draws, if it has "rows" or "grids", with "advice" in words."""
    if len(axes) == 2:
        found = heat(rows, chosen, axes)
    else:
        found = curves(rows, chosen, axes[0]) if len(axes) == 1 else {"advice": best(rows, axes)}
    return {**found, "advice": [*found["advice"], *sizes(rows)]}


def sizes(rows: Rows) -> list[str]:
    """That the networks are of unlike size, where there are several."""
    from engine import comparison

    found: dict[str, list[float]] = {}
    for row in rows:
        if row.get("parameters") is not None:
            found.setdefault(row.get("network", ""), []).append(row["parameters"])
    words = comparison.uneven({name: statistics.fmean(each) for name, each in found.items()})
    return [words] if words else []


def curves(rows: Rows, chosen: Recipe, axis: Axis) -> dict[str, Any]:
    """The mean error and its interval at each value of an axis of numbers, by network.

    How late a task answers is drawn as the true latency; of HEAVY knobs the memory is told too, in MB. With what
    it says about gated cells where the axis is how long a sequence of the task is, and of larger networks or
    longer waits from where on they gain little.
    """
    from engine import catalog, comparison, errorname

    (table, key, values), task = axis, catalog.load("tasks", chosen.task)
    column, metric = f"{table}.{key}", errorname.of(chosen.task, chosen.task_settings)
    advice = ranking(rows, column, key, metric)
    if not all(isinstance(each, int | float) and not isinstance(each, bool) for each in values):
        return {"advice": advice}
    own = {name: table == "task" and key == getattr(task, constant, "") for name, constant in NAMES.items()}
    late = own["look_ahead"] and all(row.get("latency ms") is not None for row in rows)
    errors: dict[str, dict[float, list[float | None]]] = {}
    places: dict[tuple[str, float], float] = {}
    for row in rows:
        name = row.get("network", chosen.model)
        errors.setdefault(name, {}).setdefault(row[column], []).append(row["error"])
        places[name, row[column]] = row["latency ms"] if late else row[column]
    found = {name: {at: comparison.side(each) for at, each in points.items()} for name, points in errors.items()}
    if own["seqlen"] and "rnn" in found:
        gated = [name for name in found if name in ("lstm", "gru")]
        advice += [comparison.remember(found, "rnn", name, comparison.LONG) for name in gated]
    enough: dict[str, float] = {}
    if table == "model" or own["look_ahead"]:
        for name, points in found.items():
            known = {at: side["mean"] for at, side in points.items() if side["mean"] is not None}
            at, words = comparison.enough(known, LEAST, _words(key))
            advice.append(words if len(found) == 1 else f"{name}: {words}")
            if at is not None:
                enough[name] = at
    whole = key == "bptt" and 0 in values
    return {
        "axis": "latency, ms" if late else f"{_words(key)} (0: the whole clip)" if whole else _words(key),
        "log": not late,
        "upright": f"{metric}, %",
        "chance": comparison.chance(chosen),
        "rows": [
            {
                "network": name,
                "value": at,
                "x": places[name, at],
                "enough": enough.get(name) == at,
                **{part: measure[part] for part in ("mean", "ci95")},
                **({"memory": _memory(rows, column, at, name)} if column in HEAVY else {}),
            }
            for name, points in found.items()
            for at, measure in points.items()
        ],
        "advice": advice,
    }


def _memory(rows: Rows, column: str, at: float, network: str) -> float | None:
    """The mean of the peaks of the processes that trained at a value, in MB; on a GPU, of what they held of it."""
    mine = [row for row in rows if row[column] == at and row.get("network", network) == network]
    held = [row.get("GPU MB") or row.get("memory MB") for row in mine]
    known = [each for each in held if each is not None]
    return statistics.fmean(known) if known else None


def heat(rows: Rows, chosen: Recipe, axes: Sequence[Axis]) -> dict[str, Any]:
    """The mean error at each combination of two axes' values, for every network: lists of rows, [down][across]."""
    from engine import comparison, errorname

    (down, across), metric = axes, errorname.of(chosen.task, chosen.task_settings)
    columns = [f"{table}.{key}" for table, key, _ in axes]
    names = list(dict.fromkeys(row.get("network", chosen.model) for row in rows))
    grids = []
    for name in names:
        mine = [row for row in rows if row.get("network", chosen.model) == name]
        values = [
            [
                comparison.side([row["error"] for row in mine if [row[each] for each in columns] == [y, x]])[
                    "mean"
                ]
                for x in across[2]
            ]
            for y in down[2]
        ]
        grids.append({"network": name, "values": values})
    return {
        "grids": grids,
        "title": f"{metric}, %; the best is framed",
        "down": {"name": _words(down[1]), "values": down[2]},
        "across": {"name": _words(across[1]), "values": across[2]},
        "advice": best(rows, axes),
    }


def ranking(rows: Rows, column: str, key: str, metric: str) -> list[str]:
    """The values of an axis from the best to the worst, a line each, for every network."""
    from engine import comparison

    lines = []
    for name in dict.fromkeys(row.get("network", "") for row in rows):
        errors: dict[Any, list[Any]] = {}
        for row in rows:
            if row.get("network", "") == name:
                errors.setdefault(row[column], []).append(row["error"])
        found = {at: comparison.side(each) for at, each in errors.items()}
        known = sorted((at for at in found if found[at]["mean"] is not None), key=lambda each: found[each]["mean"])
        for place, at in enumerate(known, 1):
            best = "  best" if found[at]["mean"] == found[known[0]]["mean"] else ""
            whose = f"{name}, " if name else ""
            lines.append(f"{place}. {whose}{_words(key)} {at}: {metric} {comparison.share(found[at])}{best}")
    return lines


def best(rows: Rows, axes: Sequence[Axis]) -> list[str]:
    """Where the error is least, in a line."""
    found = []
    for first in (row for row in rows if row["rank"] == 1):
        where = ", ".join(f"{_words(key)} {first[f'{table}.{key}']}" for table, key, _ in axes)
        network = f"{first['network']}, " if "network" in first else ""
        found.append(f"{network}{where}")
    return [f"Best: {'; '.join(dict.fromkeys(found))}."] if found else []


def _words(key: str) -> str:
    return key.replace("_", " ")
