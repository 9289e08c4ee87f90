"""The window's jobs that train and try networks, and look at what runs have left. No Qt here."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from app import host
from app.jobs import UNKNOWN, pinned
from engine.events import Changed, Halted, Progress, Set

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from pathlib import Path

    from engine.knob import Settings
    from engine.network import Network
    from engine.recipe import Recipe
    from engine.session import History

    Events = Generator[Any, Any, None]


@dataclass(frozen=True, eq=False)
class Looked:
    """The network as it was after a step of a run."""

    step: int
    network: Network


@dataclass(frozen=True, eq=False)
class Compared:
    """What another run has told."""

    history: History


def train(network: Network, settings: Any, device: str, runs: Path, in_process: bool = False) -> Events:
    """Train a network of this shape from its beginning, on its task; the record goes to a folder of `runs`.

    It runs in a process of its own, or with `in_process` here. Raises TrainingError where that process dies.
    """
    from engine import recipe

    yield Progress(UNKNOWN, f"preparing {network.task}")
    yield from pinned(network)
    made = (
        network.task,
        _named(network.task, network.settings),
        network.task_settings,
        network.model,
        network.settings,
        settings,
    )
    yield from _trained(in_process, recipe.of(*made), device, _place(runs, network.task))


def fork(
    run: Path,
    step: int,
    shape: Settings | None,
    settings: Any,
    device: str,
    runs: Path,
    in_process: bool = False,
    start: Network | None = None,
) -> Events:
    """Train from a snapshot of a run on, as a run of its own. `shape`: the network's settings, or None; `start`:
    that snapshot, where it is at hand: it may be gone from the folder, as ever fewer stay."""
    from engine import recipe, snapshots
    from engine.train import recipe_of

    yield Progress(UNKNOWN, f"forking from step {step}")
    start, before = start or snapshots.load(run, step), recipe_of(run)
    shape = shape or start.settings
    made = before.task, _named(before.task, shape), before.task_settings, before.model, shape, settings
    more = {"start": start, "parent": before.name}
    yield from _trained(in_process, recipe.of(*made), device, _place(runs, before.task), more)


def resume(run: Path, parts: int, device: str, in_process: bool = False, settings: Any = None) -> Events:
    """Let a run go on from where it last stood, with the knobs as they were; its batches in `parts` times as many
    parts. One that has come to its end takes steps and patience from `settings`."""
    from engine import standing
    from engine.follow import past
    from engine.train import recipe_of

    yield Progress(UNKNOWN, f"resuming {run.name}")
    by_hand, meanwhile = set(), list[Set]()
    for event in past(run):
        if isinstance(event, Changed):
            by_hand.add(event.key)
        if not isinstance(event, Halted):  # it is over, and where it went back to is cut off here as well
            meanwhile.append((yield event))
    chosen, stood, turned = recipe_of(run), standing.load(run / standing.NAME), list[Set]()
    if parts > 1:
        now = stood.trainer["live"]["accumulate"]
        turned.append(Set("accumulate", min(parts * now, chosen.train.batch)))
    if settings is not None and stood.course["finished"]:
        chosen = replace(chosen, train=chosen.train.but(steps=settings.steps))
        turned.append(Set("patience", settings.patience))
    turned += (each for each in meanwhile if each is not None)  # by whom the knobs show what was
    for each in turned:  # before the run goes on, so that the knobs show what it begins with, not the last change
        now = stood.trainer["live"][each.key]
        if each.key in by_hand and now != each.value:
            yield Changed(stood.step, each.key, now, each.value)
    yield from _trained(in_process, chosen, device, run, {"resume": True, "turned": tuple(turned)})


def follow(run: Path) -> Events:
    """What a run in a folder has told, and what it tells from now on."""
    from engine import follow as following

    yield Progress(UNKNOWN, f"opening {run.name}")
    yield from following.follow(run)


def compare(run: Path) -> Events:
    """What a run in a folder has told, to be drawn beside another."""
    from app.chronicle import told
    from engine.follow import past
    from engine.session import History

    yield Progress(UNKNOWN, f"opening {run.name}")
    yield Compared(told(tuple(past(run)), History())[0])


def find_rate(network: Network, settings: Any, device: str, in_process: bool = False) -> Events:
    """How far the learning rate may go for a network of this shape, by trying; nothing else comes of it."""
    from engine import lrfinder

    yield Progress(UNKNOWN, "preparing to try learning rates")
    yield from _tried(lrfinder.find, network, settings, device, in_process)


def estimate(network: Network, settings: Any, device: str, in_process: bool = False) -> Events:
    """How long a training of a network of this shape will take, and how much memory."""
    from engine import estimate as estimating

    yield Progress(UNKNOWN, "preparing to estimate")
    yield from _tried(estimating.estimate, network, settings, device, in_process)


def _tried(function: Any, network: Network, settings: Any, device: str, in_process: bool) -> Events:
    from engine import recipe

    made = network.task, "trial", network.task_settings, network.model, network.settings, settings
    asked = (function, recipe.of(*made), device)
    yield from trial(*asked) if in_process else host.hosted(trial, *asked)


def trial(function: Any, chosen: Recipe, device: str) -> Events:
    """What a function of a recipe yields, with the threads that leave the window room."""
    from engine import device as devices

    devices.limit_threads()
    yield from function(chosen, device)


def _named(task: str, settings: Settings) -> str:
    """By the task, the cell if there is one, and the time."""
    return " ".join(filter(None, (task, settings.to_dict().get("cell", ""), time.strftime("%H:%M:%S"))))


def _place(runs: Path, task: str) -> Path:
    """A folder that is not there yet."""
    wanted = runs / f"{task}-{time.strftime('%Y%m%d-%H%M%S')}"
    others = (runs / f"{wanted.name}-{number}" for number in range(2, 1000))
    return wanted if not wanted.exists() else next(each for each in others if not each.exists())


def _trained(
    in_process: bool, chosen: Recipe, device: str, run: Path, more: Mapping[str, Any] = MappingProxyType({})
) -> Events:
    from engine.train import TrainingError

    asked = (chosen, device, run, dict(more))
    try:
        yield from training(*asked) if in_process else host.hosted(training, *asked)
    except host.HostError as error:
        record = f" What it has learnt lies in {run}." if run.exists() else ""
        raise TrainingError(f"The training broke off: {error}.{record}") from error


def look(run: Path, step: int) -> Events:
    """The snapshot of a step."""
    from engine import snapshots

    yield Looked(step, snapshots.load(run, step))


def can_resume(run: Path) -> bool:
    """Whether a training was left there that can go on."""
    from engine import standing

    return (run / standing.NAME).exists()


def training(chosen: Recipe, device: str, run: Path, more: Mapping[str, Any]) -> Events:
    """The steps of a training, with the threads that leave the window room."""
    from engine import device as devices
    from engine.train import train as steps

    devices.limit_threads()
    yield from steps(chosen, device, run, **more)
