"""Training from the command line: by a recipe, from a run or a network, in one process or in many."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import os
import signal
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app import estimate, ranks
from app.cli import STOPPED, UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from app.progress import Teller
    from engine.events import Set
    from engine.network import Network
    from engine.recipe import Recipe

SMOKE = {"steps": 8, "batch": 4, "evaluate_every": 4, "warmup": 0}
"""Whether it learns at all: no figure of such a training means anything."""
TABLES = {"task": "task_settings", "augment": "task_settings", "model": "model_settings", "train": "train"}


def change(recipe: Recipe, table: str, key: str, value: Any) -> Recipe:
    """The recipe with one knob turned, or with another task or model, as it usually is, by its `name`.

    Raises KnobError for a table, knob or value that there is not.
    """
    from engine.knob import KnobError

    if table not in TABLES:
        raise KnobError(f"there is no table {table!r}; there are: {', '.join(TABLES)}")
    if key == "name" and table in ("task", "model"):
        return _other(recipe, table, str(value))
    settings = getattr(recipe, TABLES[table])
    changed = type(settings).from_dict(settings.to_dict() | {key: value})
    return dataclasses.replace(recipe, **{TABLES[table]: changed})


def _other(recipe: Recipe, table: str, name: str) -> Recipe:
    """The recipe with another task, which keeps the network, or another model, which keeps the task."""
    from engine import build, catalog
    from engine.knob import KnobError

    try:
        if table == "task":
            return dataclasses.replace(recipe, task=name, task_settings=catalog.load("tasks", name).Settings())
        task = catalog.load("tasks", recipe.task).build(recipe.task_settings)
        return dataclasses.replace(recipe, model=name, model_settings=build.usual(task, name))
    except LookupError as error:
        raise KnobError(str(error)) from error


def table_of(recipe: Recipe, key: str) -> str:
    """The table that has a knob of this name. Raises KnobError where none or several have it."""
    from engine.knob import KnobError

    found = [name for name in ("train", "model", "task") if key in getattr(recipe, TABLES[name]).to_dict()]
    if len(found) == 1:
        return found[0]
    where = f"it is in {' and '.join(found)}: write {found[0]}.{key}" if found else "otoscope list names them"
    raise KnobError(f"{'several knobs are' if found else 'there is no knob'} {key!r}; {where}")


@dataclass(frozen=True)
class Asked:
    """What is to be trained, where its record goes, and what it goes on from."""

    recipe: Recipe
    folder: Path
    resume: bool = False
    start: Network | None = None
    turned: tuple[Set, ...] = ()  # live knobs of training that were given by hand


def main(arguments: argparse.Namespace) -> int:
    """`otoscope train`, in as many processes as are asked for. Raises UsageError, and what training raises."""
    devices, nodes = arguments.devices, arguments.nodes
    if devices < 1 or nodes < 1:
        raise UsageError("--devices and --nodes are 1 or more")
    ranks.follow()
    asked = asked_for(arguments)
    if (told := _costly(asked.recipe)) and ranks.first():
        sys.stderr.write(f"otoscope: {told}\n")
    if arguments.estimate:
        return estimate.main(asked.recipe, arguments.device)
    if ranks.begun() not in (0, devices * nodes):
        raise UsageError(
            f"this is one of {ranks.begun()} processes that were started together: give --devices and --nodes "
            "whose product that is, or to train by itself unset LOCAL_RANK (under SLURM, set SLURM_JOB_NAME=bash)"
        )
    if devices * nodes > 1 and not ranks.begun():
        check_places(arguments.device, devices, nodes)
        return ranks.launch(arguments.argv, devices, nodes)
    return train(asked, arguments.device, devices, nodes)


def _costly(recipe: Recipe) -> str:
    """How large a network will be that grows faster than one thinks, before it is built; empty for any other."""
    from engine import catalog

    module, task = catalog.load("models", recipe.model), catalog.load("tasks", recipe.task)
    told = [str(module.costly(recipe.model_settings))] if hasattr(module, "costly") else []
    told += [str(task.costly(recipe.task_settings, recipe.model_settings))] if hasattr(task, "costly") else []
    return " ".join(filter(None, told))


def asked_for(arguments: argparse.Namespace) -> Asked:
    """What the arguments ask for. Raises UsageError where they do not fit together, RecipeError, KnobError."""
    from app.commands import change as split
    from engine import checkpoint, recipe
    from engine.events import Set
    from engine.run import RunError
    from engine.train import recipe_of

    start = None
    if arguments.resume and (arguments.out or arguments.start):
        raise UsageError(f"--resume {arguments.resume} goes on in that folder: leave --out and --from out")
    if not (arguments.recipe or arguments.resume or arguments.start):
        raise UsageError("name a RECIPE, or a run with --resume FOLDER, or a network with --from CHECKPOINT")
    if arguments.start:
        start = checkpoint.open_network(arguments.start)
    if arguments.recipe:
        chosen = recipe.read(arguments.recipe)
    elif arguments.resume:
        if not (arguments.resume / "recipe.toml").is_file():
            raise RunError(
                f"{arguments.resume} is no run: name the folder that a training has made, not a file in it"
            )
        chosen = recipe_of(arguments.resume)
    elif start is not None and "recipe" in start.card:
        chosen = recipe.parse(str(start.card["recipe"]), start.name)
    else:
        raise UsageError(f"{arguments.start} does not tell the recipe it was trained by: name a RECIPE too")
    changes = [*_short(arguments), *(split(text) for text in arguments.changes)]
    for each in changes:
        chosen = change(chosen, *each)
    # Those of a run that goes on may stand otherwise than in its recipe: what is said by hand always acts.
    turned = tuple(Set(key, getattr(chosen.train, key)) for table, key, _ in changes if table == "train")
    name = Path(arguments.recipe).stem if arguments.recipe else chosen.name
    new = arguments.out or Path("runs") / f"{name}-{time.strftime('%Y%m%d-%H%M%S')}"
    return Asked(chosen, arguments.resume or new, bool(arguments.resume), start, turned)


def _short(arguments: argparse.Namespace) -> list[tuple[str, str, Any]]:
    """What --cell and --smoke turn. Any other change is said later, and goes before."""
    changes: list[tuple[str, str, Any]] = []
    if arguments.cell:
        two = arguments.cell.startswith("bi")
        changes += [("model", "cell", arguments.cell.removeprefix("bi")), ("model", "bidirectional", two)]
    if arguments.smoke:
        changes += [("train", key, value) for key, value in SMOKE.items()]
    return changes


def check_places(device: str, devices: int, nodes: int) -> None:
    """Raise UsageError where this machine has not as many devices, or does not know where the others are."""
    from engine import device as here

    kind = here.choose(device)
    most = here.count(kind)
    if devices > most:
        raise UsageError(
            f"--devices {devices}: this machine has {most} for {kind}; give --devices {most} or fewer"
        )
    missing = [name for name in ("MASTER_ADDR", "MASTER_PORT", "NODE_RANK") if name not in os.environ]
    if nodes > 1 and missing:
        raise UsageError(
            f"--nodes {nodes}: start this under srun or torchrun, or on every machine with {', '.join(missing)} "
            "set: the address of the first machine, a free port of it, and the number of this one, from 0"
        )


def train(asked: Asked, device: str, devices: int = 1, nodes: int = 1) -> int:
    """Run a training to its end, or until Ctrl+C; what was learnt lies in its folder. The first process prints."""
    from rich.console import Console

    from app.progress import Teller, figures
    from engine import device as here
    from engine import passes
    from engine import train as trainer
    from engine.trainer import Exploding, NotFinite

    here.limit_threads(live=False)
    logging.getLogger("lightning_fabric.utilities").setLevel(logging.WARNING)
    first = ranks.first() or devices * nodes == 1
    console = Console(stderr=True, highlight=False, quiet=not first)
    began = time.perf_counter()
    teller = Teller(console, asked.recipe)
    stopped = False
    with teller, _stoppable(first):
        job = trainer.train(
            asked.recipe,
            device,
            asked.folder,
            resume=asked.resume,
            turned=asked.turned,
            start=asked.start,
            attended=False,
            devices=devices,
            nodes=nodes,
        )
        try:
            for event in job:
                teller.hear(event)
        except KeyboardInterrupt:
            job.close()
            stopped = True
        except trainer.TrainingError as error:
            cause = error.__cause__
            way = _way_back(asked.folder, isinstance(cause, Exploding)) if isinstance(cause, NotFinite) else ""
            raise trainer.TrainingError(f"{error}{way}") from error
    if stopped:
        _leave(teller, asked.folder)
    passes.part()
    if first:
        if teller.held_out is not None:
            seconds = time.perf_counter() - began
            sys.stdout.write(f"{figures(teller.held_out, teller.metric)}, after {seconds:.0f} s\n")
        sys.stdout.write(f"{asked.folder}\n")
    return 0


def _way_back(folder: Path, exploding: bool) -> str:
    """How to go on with a training whose loss was no number, or whose gradients became too large."""
    cure = "train.clip=1" if exploding else "train.lr=…"
    return f": otoscope train --resume {folder} --set {cure}" if (folder / "state.safetensors").exists() else ""


def _leave(teller: Teller, folder: Path) -> None:
    """Say what is kept, and end: a batch still being made, in a thread of its own, is not waited for."""
    from engine import standing
    from engine.loader import leave

    if (folder / standing.NAME).exists():
        teller.say(f"stopped{_kept(folder)}; to go on: otoscope train --resume {folder}")
    else:
        teller.say(f"stopped; the record lies in {folder}")
    leave(STOPPED)


def _kept(folder: Path) -> str:
    """The step from which a run goes on: a stop in the midst of a step may have taken back some before it."""
    from engine import standing

    with contextlib.suppress(standing.StandingError):
        if step := standing.load(folder / standing.NAME).step:
            return f" at step {step}"
    return ""


@contextlib.contextmanager
def _stoppable(first: bool) -> Iterator[None]:
    """Ctrl+C or a cluster's SIGTERM stops the training once; more of them do not disturb what it then writes."""
    if not first or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, frame: Any) -> None:
        for each in before:
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {each: signal.signal(each, stop) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
