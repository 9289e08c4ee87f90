"""Training: a generator that knows no task. It yields what happens, and takes commands."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine import checkpoint, loader, metrics, recipe, standing
from engine.course import GO_ON, Course
from engine.events import Began, Set
from engine.knob import knobs
from engine.recipe import LIVE, TrainSettings
from engine.run import Run
from engine.trainer import Trainer, TrainingError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from engine.network import Network
    from engine.recipe import Recipe
    from engine.standing import Standing

    Events = Generator[Any, Set | None, None]

__all__ = ["GO_ON", "TrainSettings", "Trainer", "TrainingError", "recipe_of", "train"]

FREE = ("steps", "workers")
"""Knobs that a resumed run may be given anew, beside those that are live."""


def train(
    chosen: Recipe,
    device_name: str = "auto",
    run: str | Path | None = None,
    *,
    resume: bool = False,
    turned: Iterable[Set] = (),
    start: Network | None = None,
    parent: str = "",
    attended: bool = True,
    devices: int = 1,
    nodes: int = 1,
) -> Events:
    """Train by a recipe; `run` is a folder for the record. Yields Began, then Step, Evaluated, Snapshot, Changed,
    Halted, Progress and Notice; and None while there is nothing to say, so that a stop need not wait.

    `resume` goes on in `run` from where that stands, with its live knobs but for those that the recipe has
    otherwise than the run's own, and those that are `turned`. `start` gives the first weights and the number of
    the step they are from; `parent` names the run they come from. The recipe's `steps` count from the first of
    all, or from here where `start` has as many behind it.

    `Set(key, value)` turns a live knob from the next step on. Where a loss is no number, it is Halted until such a
    command or GO_ON comes; not `attended`, it ends with an error. The last events are an Evaluated and a Snapshot,
    and with a `run` Notices. Raises TrainingError, RunError, StandingError, DeviceMissing, CorpusMissing.
    """
    commands: list[Set | None] = []
    stood: Standing | None = None
    if resume:
        chosen, stood, others = _resumed(chosen, Path(run or "."))
        commands += others
    commands += turned
    step = 0 if stood is None else stood.step
    if start is not None:
        step, chosen = _forked(chosen, start)
    trainer = yield from loader.aside(Trainer, chosen, device_name, devices, nodes, told=commands.append)
    if start is not None:
        _begin(trainer, start, step)
        parent = parent or start.name
    if stood is not None:
        trainer.restore(stood.arrays, stood.trainer)
        parent = stood.course["parent"]
    for command in commands:
        trainer.obey(command)
    folder = None if run is None else Path(run)
    now = dataclasses.replace(chosen, train=trainer.settings)
    began = Began(chosen.name, recipe.text(now), chosen.train.steps, folder, step, parent)
    record = Run(folder, chosen, began, stood) if folder is not None and trainer.first else None
    course = Course(trainer, began, record, attended)
    try:
        if stood is not None:
            course.restore(stood.course)
            if stood.course["finished"] and course.over:
                raise TrainingError(_ended(course))
        yield from course.go()
    except (GeneratorExit, KeyboardInterrupt):
        course.leave()
        raise
    finally:
        if record:
            record.close()


def recipe_of(run: Path) -> Recipe:
    """The recipe of a run under the name that it was trained by. Raises RecipeError."""
    found = recipe.read(run / "recipe.toml")
    try:
        with (run / metrics.NAME).open("rb") as file:
            began = metrics.event(file.readline())
    except OSError:
        began = None
    return dataclasses.replace(found, name=began.name if isinstance(began, Began) else run.name)


def _resumed(chosen: Recipe, run: Path) -> tuple[Recipe, Standing, list[Set | None]]:
    """The recipe to go on with, the state to go on from, and the live knobs that are given anew."""
    stood, before = standing.load(run / standing.NAME), recipe_of(run)
    if (chosen.task, chosen.model) != (before.task, before.model):
        raise TrainingError(f"{run} trains {before.model} for {before.task}; a new recipe needs a new run")
    for part in ("task_settings", "model_settings", "train"):
        old, new = getattr(before, part), getattr(chosen, part)
        for each in knobs(type(old)):
            was, now = getattr(old, each.name), getattr(new, each.name)
            if was != now and not (part == "train" and each.name in FREE + LIVE):
                raise TrainingError(
                    f"{run} was trained with {each.name} = {was}, and cannot go on with {now}: "
                    f"resume it with {was}, or begin a new run from its last network"
                )
    turned = [name for name in LIVE if getattr(before.train, name) != getattr(chosen.train, name)]
    chosen = dataclasses.replace(chosen, name=before.name)
    return chosen, stood, [Set(name, getattr(chosen.train, name)) for name in turned]


def _ended(course: Course) -> str:
    done, folder, settings = course.trainer.done, course.began.folder, course.trainer.settings
    if not course.stale:
        return f"{folder} has learnt all its {done} steps: ask for more with train.steps={2 * done}"
    return (
        f"{folder} has ended at step {done}, as {course.early.waited} evaluations brought nothing better: "
        f"to go on, ask for more patience with train.patience={2 * settings.patience}"
    )


def _forked(chosen: Recipe, start: Network) -> tuple[int, Recipe]:
    """The step that a network has reached, and the recipe with steps enough to go on. Raises TrainingError."""
    if start.weights is None:
        raise TrainingError(
            f"{start.name} is untrained: there are no weights to begin with; train it from the start"
        )
    wanted = checkpoint.untrained(chosen.task, chosen.model_settings, chosen.task_settings, chosen.model)
    if checkpoint.shape(wanted) != checkpoint.shape(start):
        raise TrainingError(
            f"the recipe cannot begin with the weights of {start.name}: {_difference(wanted, start)}"
        )
    step = start.metrics.get("step")
    step = step if isinstance(step, int) and step > 0 else 0
    more = 0 if chosen.train.steps > step else step
    return step, dataclasses.replace(chosen, train=chosen.train.but(steps=chosen.train.steps + more))


def _difference(wanted: Network, start: Network) -> str:
    if wanted.model != start.model:
        return f"its model is {wanted.model}, theirs {start.model}"
    for each in knobs(type(wanted.settings)):
        asked, has = getattr(wanted.settings, each.name), getattr(start.settings, each.name)
        if each.effect == "rebuild" and asked != has:
            return f"{each.name} is {asked}, theirs is {has}; set model.{each.name}={has}"
    if wanted.vocabulary != start.vocabulary:
        return f"it tells {len(wanted.vocabulary)} things apart, they {len(start.vocabulary)}, or others"
    return "it hears another front end"


def _begin(trainer: Trainer, start: Network, step: int) -> None:
    import torch

    assert start.weights is not None
    trainer.module.load_state_dict({name: torch.from_numpy(value.copy()) for name, value in start.weights.items()})
    trainer.done = step
