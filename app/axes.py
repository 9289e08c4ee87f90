"""Axes of a sweep: how they are written, and the points that their combinations make."""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app import points, training
from app.cli import UsageError
from app.commands import change

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.recipe import Recipe

    Axis = tuple[str, str, list[Any]]
    """Table, key and values."""

DOTS = ("...", "…")
NAMES = {"seqlen": "LENGTH", "look_ahead": "AHEAD"}
"""Axes that every task calls otherwise: by which of its constants they are found."""
_ABOUT = {"seqlen": "the length of its sequences", "look_ahead": "how late it answers"}
_MOST = 1000  # points that nobody meant


def spelled(groups: Sequence[Sequence[str]], recipe: str | None) -> tuple[list[str], str]:
    """The axes as NAME=VALUES or NAME, one by one, and the recipe, from the words after each --axis.

    NAME VALUES is NAME=VALUES, and NAME,NAME two axes. A word that is left over names the recipe; without one it
    is that by which networks are compared on phonemes, or on copying where the length of sequences is an axis.
    Raises UsageError.
    """
    found: list[str] = []
    for first, *rest in groups:
        if "=" not in first and rest and not _is_recipe(rest[0]):
            first = f"{first}={rest.pop(0)}"
        found += [first] if "=" in first else first.split(",")
        for word in rest:
            if recipe is not None:
                raise UsageError(f"--axis {first} {word}: {word} is one word too many; the recipe is {recipe}")
            recipe = word
    lengths = any(each.partition("=")[0] == "seqlen" for each in found)
    return found, recipe or ("compare-copy" if lengths else "compare-phonemes")


def axis(chosen: Recipe, text: str) -> Axis:
    """Table, key and values of `TABLE.KEY=A,B,C` or `KEY=A,B,...,Z`; of KEY alone `usual` ones.

    Raises UsageError, KnobError.
    """
    name, equals, said = text.partition("=")
    if name in NAMES:
        name = f"task.{own(chosen.task, name)}"
    if not name or (equals and not said):
        raise UsageError(f"--axis {text}: write it as TABLE.KEY=VALUES, as in train.batch=1,2,4,...,64")
    table, dot, key = name.rpartition(".")
    if not dot:
        table = training.table_of(chosen, key)
    if equals:
        values = [each if each in DOTS else change(f"{table}.{key}={each}")[2] for each in said.split(",")]
        values = filled(values, text)
    else:
        values = usual(chosen, table, key)
    for each in values:
        training.change(chosen, table, key, each)  # a wrong one is said before anything is trained
    return table, key, values


def own(task: str, name: str) -> str:
    """What a task calls one of NAMES. Raises UsageError where it has no such knob."""
    from engine import catalog

    found = str(getattr(catalog.load("tasks", task), NAMES[name], ""))
    if not found:
        raise UsageError(f"{task} has no knob for {_ABOUT[name]}")
    return found


def usual(chosen: Recipe, table: str, key: str) -> list[Any]:
    """Values of a knob to be tried where none are given: all its words; or half its number, it, and twice it."""
    from engine.knob import knobs

    settings = getattr(chosen, training.TABLES.get(table, ""), None)
    declared = {each.name: each for each in knobs(type(settings))} if settings is not None else {}
    if key not in declared:
        raise UsageError(f"--axis {table}.{key}: there is no such knob")
    knob, value = declared[key], getattr(settings, key)
    if knob.kind is bool:
        return [False, True]
    if knob.low is None or knob.high is None:
        return list(knob.choices) or [value]
    around = [value / 2, value, value * 2] if value else [0, knob.high / 4, knob.high / 2]
    return sorted({knob.kind(min(max(each, knob.low), knob.high)) for each in around})


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


def combined(
    cells: Mapping[str, Recipe], axes: Sequence[Axis], steps: int | None, seeds: int
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


def _is_recipe(word: str) -> bool:
    from engine import recipe

    return word in recipe.bundled() or Path(word).suffix == ".toml"
