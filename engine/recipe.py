"""A recipe: everything a training run starts from, as a TOML file whose keys are the knobs."""

from __future__ import annotations

import itertools
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine import asset, build, catalog
from engine.knob import KnobError, Settings, knob, knobs
from engine.replacing import replacing


class RecipeError(ValueError):
    """A recipe that cannot be used; the message names the file, the key and the fix."""


@dataclass(frozen=True)
class TrainSettings(Settings):
    """How a network is trained, whatever it learns."""

    steps: int = knob(2000, 1, 1_000_000, log=True, effect="restart", help="batches to learn from")
    batch: int = knob(16, 1, 512, log=True, unit="clips", effect="restart", help="clips in a batch")
    bucket: int = knob(
        1,
        1,
        64,
        log=True,
        unit="batches",
        effect="restart",
        help="so many batches are drawn at once, their clips dealt out by length, for less padding; 1: as drawn",
    )
    lr: float = knob(2e-3, 1e-6, 1.0, log=True, label="learning rate", help="how far one step moves the weights")
    optimiser: str = knob(
        "adamw",
        choices=("adamw", "adam", "sgd", "rmsprop"),
        effect="restart",
        help="how gradients become steps; sgd follows them as they are, the others scale each weight's own",
    )
    momentum: float = knob(
        0.9, 0.0, 0.999, step=0.01, help="share of its last step that sgd takes again; the others do not ask"
    )
    weight_decay: float = knob(
        0.01,
        0.0,
        1.0,
        step=0.01,
        help="pull of the weights to zero; adamw does it apart from the gradients, the others add it to them",
    )
    decay_biases: bool = knob(False, help="biases and the scales of norms are pulled to zero too")
    clip: float = knob(
        1.0,
        0.0,
        100.0,
        step=0.1,
        label="gradient clip",
        help="largest norm of the gradients; 0 leaves them as they are",
    )
    clip_value: float = knob(
        0.0, 0.0, 100.0, step=0.01, help="largest value of a single gradient, cut before the norm; 0 cuts none"
    )
    alarm: float = knob(
        0.0,
        0.0,
        1e6,
        label="gradient alarm",
        help="halt before a step whose gradients, after clipping, have a larger norm; 0: only if infinite",
    )
    radius: float = knob(
        0.0,
        0.0,
        3.0,
        step=0.05,
        effect="restart",
        label="first radius",
        help="spectral radius with which recurrent weights begin: above 1 gradients may explode; 0: as drawn",
    )
    mixup: float = knob(
        0.0,
        0.0,
        2.0,
        step=0.05,
        effect="restart",
        help="alpha of Beta(alpha, alpha), from which the shares of two examples in one are drawn; 0 mixes none",
    )
    warmup: int = knob(
        0, 0, 100_000, unit="steps", effect="restart", help="steps in which the rate climbs to its value"
    )
    schedule: str = knob(
        "constant",
        choices=("constant", "step", "exponential", "cosine", "plateau"),
        effect="restart",
        help="after warming up the rate stays; falls by `decay` at once, or bit by bit; falls along a cosine to a "
        "hundredth at the last step; or falls when evaluations get no better",
    )
    decay: float = knob(
        0.5,
        0.01,
        1.0,
        step=0.01,
        effect="restart",
        label="rate decay",
        help="what the schedules step, exponential and plateau multiply the rate by",
    )
    decay_every: int = knob(
        1000, 1, 1_000_000, log=True, unit="steps", effect="restart", help="how often step and exponential do so"
    )
    plateau: int = knob(
        3,
        1,
        1000,
        log=True,
        unit="evaluations",
        effect="restart",
        help="how many without improvement make the schedule plateau do so",
    )
    patience: int = knob(
        0,
        0,
        1000,
        unit="evaluations",
        help="how many without improvement end the training, with the best weights; 0: none do",
    )
    monitor: str = knob(
        "held-out error",
        choices=("held-out error", "held-out loss", "training loss"),
        effect="restart",
        help="what should improve; the loss on what is learnt from falls long after the network has learnt enough",
    )
    accumulate: int = knob(
        1, 1, 512, log=True, unit="parts", help="a batch is computed in so many parts: less memory, same step"
    )
    bptt: int = knob(
        0,
        0,
        10_000,
        unit="frames",
        label="truncated BPTT",
        help="how far back in time an error is felt, at the most; 0: to the beginning",
    )
    packing: str = knob(
        "padding",
        choices=("padding", "packed"),
        effect="restart",
        help="short clips of a batch are filled up with zeros, or packed so that no step is spent on those; "
        "a CPU is slower at packed ones",
    )
    precision: str = knob(
        "full",
        choices=("full", "mixed", "bfloat16"),
        effect="restart",
        help="32 bits; 16 where they suffice (CUDA), the loss scaled; or bfloat16 (also on a CPU, often slower)",
    )
    evaluate_every: int = knob(
        200, 0, 100_000, unit="steps", help="how often held-out clips are tried; 0: at the end"
    )
    evaluate_batches: int = knob(0, 0, 10_000, unit="batches", help="how many of them; 0 tries them all")
    train_batches: int = knob(
        2, 0, 10_000, unit="batches", help="how many training batches are tried beside them; 0: none"
    )
    snapshot_every: int = knob(10, 1, 100_000, unit="steps", help="how often the window gets the weights")
    workers: int = knob(0, 0, 64, unit="processes", effect="restart", help="processes that prepare batches ahead")
    seed: int = knob(0, 0, 2**31 - 1, effect="restart", help="where chance begins: same seed, same run")


LIVE = tuple(each.name for each in knobs(TrainSettings) if each.effect == "live")
"""Knobs of training that act while it runs; a change of another needs a new run."""


@dataclass(frozen=True)
class Recipe:
    """A task and a model with their settings, and how to train."""

    name: str
    task: str
    task_settings: Settings
    model: str
    model_settings: Settings
    train: TrainSettings = field(default_factory=TrainSettings)


def of(
    task: str,
    name: str | None = None,
    task_settings: Settings | None = None,
    model: str | None = None,
    model_settings: Settings | None = None,
    train: TrainSettings | None = None,
) -> Recipe:
    """A recipe with the usual values for all that is not given."""
    module = catalog.load("tasks", task)
    task_settings = module.Settings() if task_settings is None else task_settings
    if model is None or model_settings is None:
        made = module.build(task_settings)
        model = model or made.model
        model_settings = build.usual(made, model) if model_settings is None else model_settings
    assert model is not None
    return Recipe(name or task, task, task_settings, model, model_settings, train or TrainSettings())


def bundled() -> tuple[str, ...]:
    """The names of the recipes that come with the program, sorted."""
    return tuple(sorted(file.stem for file in asset.path("recipes").glob("*.toml")))


def by_task() -> dict[str, dict[str, str]]:
    """What the bundled recipes begin with, in words, by task and then by name; their settings are not read."""
    found: dict[str, dict[str, str]] = {}
    for name in bundled():
        lines = asset.path("recipes", f"{name}.toml").read_text(encoding="utf-8").splitlines()
        said = itertools.takewhile(lambda line: line.startswith("#"), lines)
        task = tomllib.loads("\n".join(lines))["task"]["name"]
        found.setdefault(task, {})[name] = " ".join(line.lstrip("# ") for line in said)
    return dict(sorted(found.items()))


def read(name: str | Path) -> Recipe:
    """A recipe by its path, or a bundled one by its name. Raises RecipeError."""
    path = asset.path("recipes", f"{name}.toml") if str(name) in bundled() else Path(name)
    try:
        return parse(path.read_text(encoding="utf-8-sig"), path.stem)
    except FileNotFoundError as error:
        known = ", ".join(bundled()) or "none"
        raise RecipeError(f"there is no recipe {str(name)!r}; bundled are: {known}") from error
    except OSError as error:
        raise RecipeError(f"cannot read {path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise RecipeError(f"{path} is no text in UTF-8, so no recipe") from error
    except RecipeError as error:
        raise RecipeError(f"{path}: {error}") from error


def parse(text: str, name: str) -> Recipe:
    """A recipe from TOML. [augment] holds knobs of the task too, kept apart for the reader. Raises RecipeError."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"not TOML: {error}") from error
    unknown = sorted(set(tables) - {"task", "model", "augment", "train"})
    if unknown:
        raise RecipeError(f"there is no table [{unknown[0]}]; there are [task], [model], [augment] and [train]")
    for table, values in tables.items():
        if not isinstance(values, dict):
            raise RecipeError(f"{table} is a table: write [{table}] on a line of its own, and its keys below")
    if "name" not in tables.get("task", {}):
        raise RecipeError(f"[task] needs name = one of: {', '.join(catalog.names('tasks'))}")
    task, model = dict(tables["task"]), dict(tables.get("model", {}))
    task_name, model_name = task.pop("name"), model.pop("name", None)
    for table, named in (("task", task_name), ("model", model_name or "")):
        if not isinstance(named, str):
            raise RecipeError(f"[{table}] names {named!r}; its name is a word in quotes")
    try:
        module = catalog.load("tasks", task_name)
        task_settings = module.Settings.from_dict(task | tables.get("augment", {}))
        model_name = model_name or module.build(task_settings).model
        model_settings = catalog.load("models", model_name).Settings.from_dict(model)
        train = TrainSettings.from_dict(tables.get("train", {}))
    except (KnobError, LookupError) as error:
        raise RecipeError(str(error)) from error
    return Recipe(name, task_name, task_settings, model_name, model_settings, train)


def write(recipe: Recipe, path: str | Path) -> None:
    """Write a recipe through a temporary name beside `path`. Raises RecipeError."""
    path = Path(path)
    try:
        with replacing(path) as part:
            part.write_text(text(recipe), encoding="utf-8")
    except OSError as error:
        raise RecipeError(f"cannot write {path}: {error.strerror or error}; choose another place") from error


def text(recipe: Recipe) -> str:
    """The recipe as TOML that `parse` reads back. A task's AUGMENT names the knobs that go into [augment]."""
    import tomli_w

    apart = getattr(catalog.load("tasks", recipe.task), "AUGMENT", ())
    task = recipe.task_settings.to_dict()
    tables: dict[str, Any] = {
        "task": {"name": recipe.task} | {key: value for key, value in task.items() if key not in apart},
        "model": {"name": recipe.model} | recipe.model_settings.to_dict(),
        "augment": {key: value for key, value in task.items() if key in apart},
        "train": recipe.train.to_dict(),
    }
    return tomli_w.dumps({key: table for key, table in tables.items() if table})
