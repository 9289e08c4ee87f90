"""Trials with the folders of runs: a file of one is mutated, then the run is looked at, followed and resumed."""

from __future__ import annotations

import contextlib
import functools
import itertools
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from app import trainings
from engine import catalog, recipe, snapshots, standing
from engine.checkpoint import CheckpointError
from engine.recipe import RecipeError, TrainSettings
from engine.run import RunError
from engine.standing import StandingError
from engine.train import train
from tests.hostile.mutation import mutated
from tests.hostile.papers import network, reworded
from tests.hostile.sounds import refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import numpy as np


@functools.cache
def seed() -> Mapping[str, bytes]:
    """The files of a run of a few steps."""
    settings = TrainSettings(steps=6, batch=2, evaluate_every=3, evaluate_batches=1, snapshot_every=2)
    little = catalog.load("tasks", "phonemes").Settings(clips=10)
    chosen = recipe.of("phonemes", task_settings=little, model_settings=network().settings, train=settings)
    with tempfile.TemporaryDirectory() as folder:
        for _ in train(chosen, "cpu", Path(folder) / "run"):
            pass
        files = [
            each for each in (Path(folder) / "run").rglob("*") if each.is_file() and "tfevents" not in each.name
        ]
        return {each.relative_to(Path(folder) / "run").as_posix(): each.read_bytes() for each in sorted(files)}


def whole(folder: Path) -> Iterator[Path]:
    yield _written(folder / "whole", seed())


def make(rng: np.random.Generator, stem: Path) -> Path:
    files = dict(seed())
    names = ["metrics.jsonl", "recipe.toml", standing.NAME, *files]  # those that are read most, more often
    name = names[int(rng.integers(len(names)))]
    others = list(files.values())
    how = reworded if rng.random() < 0.5 else functools.partial(mutated, others=others)
    files[name] = how(files[name], rng=rng)
    if rng.random() < 0.1:
        del files[name]
    return _written(stem, files)


def _written(folder: Path, files: Mapping[str, bytes]) -> Path:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def use(path: Path) -> str:
    """All that the window does with a run; some of it may work."""
    ways: tuple[Callable[[], object], ...] = (
        lambda: list(trainings.compare(path)),
        lambda: list(itertools.takewhile(lambda event: event is not None, trainings.follow(path))),
        lambda: [list(trainings.look(path, step)) for step in snapshots.steps(path)],
        lambda: standing.load(path / standing.NAME),
        lambda: recipe.read(path / "recipe.toml"),
    )
    done = 0
    for way in ways:
        with contextlib.suppress(_Refused):
            _tried(way, path)
            done += 1
    return "read" if done == len(ways) else "refused"


class _Refused(Exception):
    pass


def _tried(way: Callable[[], object], path: Path) -> None:
    try:
        way()
    except (RunError, StandingError, CheckpointError, RecipeError) as error:
        refused(path, error)
        raise _Refused from error
