"""A comparison as a generator, for the window and the command line: networks trained alike, then measured."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app import points, training
from app.cli import UsageError
from app.commands import change

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from engine.recipe import Recipe


CELLS = ("rnn", "lstm", "gru")
NETWORKS = ("dense", *CELLS)
"""What is compared where nothing else is said."""


def base_of(task: str, name: str | None = None) -> Recipe:
    """The recipe by which networks are compared on a task: one by name, that of the task, or the usual knobs."""
    from engine import recipe

    if name:
        base = recipe.read(name)
        if task and task != base.task:
            raise UsageError(f"--recipe {name} is of the task {base.task}; leave --task out")
        return base
    return recipe.read(f"compare-{task}") if f"compare-{task}" in recipe.bundled() else recipe.of(task)


def usual(network: str) -> str:
    """The task that a network is compared on: that of the only recipe compare-TASK with its model; or phonemes."""
    from engine import recipe

    every = [recipe.read(name) for name in recipe.bundled() if name.startswith("compare-")]
    found = [each.task for each in every if each.model == network.split(":")[0]]
    return found[0] if len(found) == 1 else "phonemes"


def networks_of(base: Recipe, texts: Sequence[str], budget: int = 0) -> dict[str, Recipe]:
    """The recipe of each network by its text, see `network`; with a budget of parameters its size is fitted."""
    from engine import budget as fitting
    from engine import catalog, checkpoint

    found = {}
    for text in texts:
        one = network(base, text)
        if budget:
            task = catalog.load("tasks", one.task).build(one.task_settings)
            shape = checkpoint.width(task), len(task.vocabulary)
            one = dataclasses.replace(
                one, model_settings=fitting.fit(one.model, one.model_settings, *shape, budget)
            )
        found[text] = one
    return found


def network(base: Recipe, text: str) -> Recipe:
    """The recipe with the network of `CELL:KEY=VALUE:…`, such as lstm:layers=3:hidden=64, or MODEL:KEY=VALUE.

    A key may be of another table, as in lstm:task.delay=20; a value that is a word needs none, as in ains:full;
    and instead of a cell a recipe may be named.
    Raises UsageError for what is none of them, KnobError for a wrong setting.
    """
    from engine import catalog, recipe
    from engine.knob import knobs

    kind, *settings = text.split(":")
    recurrent = catalog.load("models", "recurrent").Settings
    cells = next(each.choices for each in knobs(recurrent) if each.name == "cell")
    one = base
    if kind in cells:
        one = _as(base, "recurrent", {"cell": kind})
    elif kind in catalog.names("models"):
        one = _as(base, kind, {})
    elif kind in recipe.bundled() or Path(kind).suffix == ".toml":
        one = recipe.read(kind)
    else:
        known = ", ".join((*cells, *catalog.names("models")))
        raise UsageError(f"{text}: there is no network {kind!r}; write CELL:KEY=VALUE with one of: {known}")
    for each in settings:
        named = each if "=" in each else _choice(one, each)
        table, key, value = change(named if "." in named.partition("=")[0] else f"model.{named}")
        one = training.change(one, table, key, value)
    return one


def _choice(one: Recipe, word: str) -> str:
    """The setting of a model that has a word among its choices, so that `ains:full` means ains:fusion=full.

    A word may be shortened, as attn for attention, where only one choice is meant. Raises UsageError.
    """
    from engine.knob import knobs

    every = [(each.name, str(choice)) for each in knobs(type(one.model_settings)) for choice in each.choices]
    found = [(name, choice) for name, choice in every if choice == word] or [
        (name, choice) for name, choice in every if _shortens(word, choice)
    ]
    if len(found) != 1:
        raise UsageError(f"{one.model}:{word}: {word!r} is no choice of any of its knobs; write KEY=VALUE")
    return "=".join(found[0])


def _shortens(word: str, choice: str) -> bool:
    """Whether a word has some letters of a choice, three or more, in their order and from the first on."""
    letters = iter(choice)
    return len(word) > 2 and word[0] == choice[:1] and all(each in letters for each in word)


def _as(base: Recipe, model: str, settings: Mapping[str, Any]) -> Recipe:
    """The recipe with another model: what both have a knob for stays as it is."""
    from engine import catalog
    from engine.knob import knobs

    kind = catalog.load("models", model).Settings
    shared = {each.name for each in knobs(kind)} & set(base.model_settings.to_dict())
    values = {name: value for name, value in base.model_settings.to_dict().items() if name in shared}
    return dataclasses.replace(base, model=model, model_settings=kind.from_dict({**values, **settings}))


def compare(
    wanted: Mapping[str, Recipe],
    seeds: int,
    steps: int | None,
    folder: Path,
    device: str,
    allow_unequal: bool = False,
) -> Generator[Any, Any, dict[str, Any]]:
    """Train all, then measure them together: yields what `points.run` does, and returns the comparison.

    Raises UsageError where they do not learn from the same, unless that is allowed; WorkFailed.
    """
    from engine import comparison, errorname, margin

    alike = {name: points.shortened(each, steps, 0) for name, each in wanted.items()}
    manifests = {name: comparison.manifest(each, range(seeds)) for name, each in alike.items()}
    differs = comparison.unequal(manifests.values())
    if differs and not allow_unequal:
        raise UsageError(
            f"the networks would not be compared fairly, their {' and '.join(differs)} differ: give all of them "
            "the same task and training, or say --allow-unequal"
        )
    asked = [
        points.Point({"network": name, "seed": seed}, points.shortened(one, steps, seed))
        for name, one in wanted.items()
        for seed in range(seeds)
    ]
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in wanted}
    for event in points.run(asked, folder, device):
        if isinstance(event, dict):
            runs[event["network"]].append(event)
        yield event
    networks = measured(alike, manifests, runs)
    first = next(iter(alike.values()))
    figures = {name: (each["parameters"]["mean"], each["error"]["mean"]) for name, each in networks.items()}
    sizes = {name: each["parameters"]["mean"] for name, each in networks.items()}
    return {
        "task": first.task,
        "metric": errorname.of(first.task, first.task_settings),
        "steps": first.train.steps,
        "seeds": list(range(seeds)),
        "device": device,
        "unequal": list(differs),
        "chance": comparison.chance(first),
        "ceiling": comparison.ceiling(first),
        "networks": networks,
        "margins": margin.margins(networks),
        "front": list(comparison.front(figures)),
        "advice": " ".join(filter(None, (comparison.advice(networks), comparison.uneven(sizes)))),
    }


def measured(
    wanted: Mapping[str, Recipe], manifests: Mapping[str, Any], runs: Mapping[str, Sequence[Mapping[str, Any]]]
) -> dict[str, Any]:
    """For each network: what it is, what it learnt from, and each of SIDES with mean, interval and values."""
    from engine import catalog, checkpoint, comparison

    tasks = {name: catalog.load("tasks", one.task).build(one.task_settings) for name, one in wanted.items()}
    last = {
        name: [checkpoint.load(Path(row["run"]) / "last.safetensors") for row in rows]
        for name, rows in runs.items()
    }
    took = comparison.inference({name: (each[0], tasks[name]) for name, each in last.items()})
    found = {}
    for name, one in wanted.items():
        values = {side: [row.get(column) for row in runs[name]] for side, column in _COLUMNS.items()}
        values["frames right"] = [comparison.frames_right(each, tasks[name]) for each in last[name]]
        values["inference ms"] = [took[name]]
        values["latency ms"] = [comparison.latency_ms(last[name][0])]
        for side in ("SI-SDR", "SI-SDR gain"):
            values[side] = [points.tried(Path(row["run"])).get(side) for row in runs[name]]
        found[name] = {
            "model": one.model,
            "settings": one.model_settings.to_dict(),
            "manifest": manifests[name],
            **{side: comparison.side(values[side]) for side in comparison.SIDES},
            "runs": [row["run"] for row in runs[name]],
        }
    return found


_COLUMNS = {
    "error": "error",
    "parameters": "parameters",
    "seconds an epoch": "s/epoch",
    "memory MB": "memory MB",
    "GPU MB": "GPU MB",
}
"""Columns of `points.figures` that are set side by side."""
