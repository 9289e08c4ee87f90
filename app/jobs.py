"""The window's jobs: generators over the engine, which is imported when they run. No Qt here."""

from __future__ import annotations

import time
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from app import host
from engine.events import Opened, Progress

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from pathlib import Path

    from engine.audio.write import Subtype
    from engine.clip import Clip
    from engine.knob import Settings
    from engine.network import Network
    from engine.recipe import Recipe
    from engine.session import History, State
    from engine.stages.stage import Link
    from engine.trace import Trace

    Events = Generator[Any, Any, None]

SESSION = ".oto"
UNKNOWN = -1.0
"""The share of a Progress whose end cannot be foreseen."""


@dataclass(frozen=True)
class Ready:
    """The network engine is loaded; `devices` are those of this machine, the best first, `named` in words."""

    devices: tuple[str, ...]
    named: Mapping[str, str]


@dataclass(frozen=True, eq=False)
class Listed:
    """The bundled networks by task."""

    networks: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, eq=False)
class Loaded:
    """A network to be shown. `merge` joins the moves of one drag for undo."""

    network: Network
    merge: str | None = None


@dataclass(frozen=True, eq=False)
class Looked:
    """The network as it was after a step of a run."""

    step: int
    network: Network


@dataclass(frozen=True, eq=False)
class Compared:
    """What another run has told."""

    history: History


@dataclass(frozen=True, eq=False)
class Saved:
    """A session was written."""

    path: Path
    state: State


def warm() -> Events:
    """Import what is slow, once, after the first paint."""
    yield Progress(UNKNOWN, "loading the network engine")
    from engine import device

    device.torchaudio()
    device.limit_threads()
    devices = device.available()
    yield Ready(devices, {each: device.describe(each) for each in devices})


def list_networks() -> Events:
    """Which networks are bundled, by task; tasks without one are named too."""
    from engine import catalog, checkpoint

    found: dict[str, tuple[str, ...]] = {task: () for task in catalog.names("tasks")}
    for name in checkpoint.bundled():
        # A bundled checkpoint is named by its task first: reading all of them would take too long here.
        task = name.partition("-")[0]
        found[task] = (*found.get(task, ()), name)
    yield Listed(found)


def open_network(name: str | Path) -> Events:
    from engine import checkpoint

    yield Loaded(checkpoint.open_network(name))


def untrained(task: str) -> Events:
    """A network for a task that has no bundled one."""
    from engine import checkpoint

    yield Loaded(checkpoint.untrained(task))


def rebuild(network: Network, settings: Settings, merge: str) -> Events:
    """The network for other settings: a bundled one where there is one of that shape, else untrained."""
    from engine import checkpoint

    yield Loaded(checkpoint.with_settings(network, settings), merge)


def open_file(path: Path) -> Events:
    from engine.audio.file import decode

    yield Progress(UNKNOWN, f"opening {path.name}")
    if path.suffix.lower() == SESSION:
        from engine import document

        yield from document.load(path)
    else:
        yield from decode(path)


def save_session(state: State, path: Path) -> Events:
    from engine import document

    yield from document.save(state, path)
    yield Saved(path, state)


def open_example(name: str) -> Events:
    from engine import asset

    yield Opened(asset.open_bundled(name))


def pinned(network: Network) -> Events:
    """The example of a network's task that no training has seen."""
    from engine import catalog

    yield Opened(catalog.load("tasks", network.task).build(network.task_settings).pinned())


def example_of(task: str) -> Events:
    """The same for a task with its usual settings."""
    from engine import catalog

    module = catalog.load("tasks", task)
    yield Opened(module.build(module.Settings()).pinned())


def peaks(clip: Clip) -> Events:
    from engine.audio.peaks import build

    yield from build(clip)


def inspect(asked: tuple[Any, ...], memo: Any) -> Events:
    """`asked`: the fields of an Inspection, in order."""
    from engine import infer

    yield from infer.run(infer.Inspection(*asked), memo)


def train(network: Network, settings: Any, device: str, runs: Path, in_process: bool = False) -> Events:
    """Train a network of this shape from its beginning, on its task; the record goes to a folder of `runs`.

    It runs in a process of its own, or with `in_process` here. Raises TrainingError where that process dies.
    """
    from engine import recipe

    yield Progress(UNKNOWN, f"preparing {network.task}")
    yield from pinned(network)
    made = network.task, _named(network.task), network.task_settings, network.model, network.settings, settings
    yield from _trained(in_process, recipe.of(*made), device, _place(runs, network.task))


def fork(
    run: Path, step: int, shape: Settings | None, settings: Any, device: str, runs: Path, in_process: bool = False
) -> Events:
    """Train from a snapshot of a run on, as a run of its own. `shape`: the network's settings, or None."""
    from engine import recipe, snapshots
    from engine.train import recipe_of

    yield Progress(UNKNOWN, f"forking from step {step}")
    start, before = snapshots.load(run, step), recipe_of(run)
    made = before.task, _named(before.task), before.task_settings, before.model, shape or start.settings, settings
    more = {"start": start, "parent": before.name}
    yield from _trained(in_process, recipe.of(*made), device, _place(runs, before.task), more)


def resume(run: Path, parts: int, device: str, in_process: bool = False) -> Events:
    """Let a run go on from where it last stood, with the knobs as they were; its batches in `parts` times as many
    parts."""
    from dataclasses import replace

    from engine import standing
    from engine.follow import past
    from engine.train import recipe_of

    yield Progress(UNKNOWN, f"resuming {run.name}")
    yield from past(run)
    chosen, stood = recipe_of(run), standing.load(run / standing.NAME)
    if parts > 1:
        most = min(parts * stood.trainer["live"]["accumulate"], chosen.train.batch)
        chosen = replace(chosen, train=chosen.train.but(accumulate=most))
    yield from _trained(in_process, chosen, device, run, {"resume": True})


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


def _named(task: str) -> str:
    return f"{task} {time.strftime('%H:%M:%S')}"


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


def save_recipe(network: Network, settings: Any, path: Path) -> Events:
    """Write the recipe that trains a network of this shape with these settings."""
    from engine import recipe
    from engine.events import Notice

    yield Progress(UNKNOWN, f"writing {path.name}")
    recipe.write(
        recipe.of(network.task, path.stem, network.task_settings, network.model, network.settings, settings), path
    )
    yield Notice(f"Saved {path}: otoscope train {path.name} trains by it")


def training(chosen: Recipe, device: str, run: Path, more: Mapping[str, Any]) -> Events:
    """The steps of a training, with the threads that leave the window room."""
    from engine import device as devices
    from engine.train import train as steps

    devices.limit_threads()
    yield from steps(chosen, device, run, **more)


def export_trace(trace: Trace, path: Path) -> Events:
    from engine import export
    from engine.events import Notice

    yield Progress(UNKNOWN, f"writing {path.name}")
    written = export.trace(trace, path)
    several = f"{len(written)} files, {written[0].name} and its like, in {path.parent}"
    yield Notice(f"Saved {path if len(written) == 1 else several}")


def export(clip: Clip, chain: tuple[Link, ...], network: Network | None, subtype: Subtype, path: Path) -> Events:
    """Write what the network hears of the whole clip."""
    from engine import catalog, export, frontend
    from engine.events import Notice
    from engine.stages.stage import Format

    yield Progress(UNKNOWN, f"writing {path.name}")
    rate = catalog.load("tasks", network.task).build(network.task_settings).rate if network is not None else 0.0
    fitted = frontend.fit(chain, network, rate, Format(float(clip.rate), clip.channels))
    clipped = yield from export.sound(clip, fitted.links, path, subtype)
    loud = f"; {clipped} samples were too loud and are clipped: turn the gain down" if clipped else ""
    yield Notice(f"Saved {path}{loud}", "warning" if clipped else "info")
