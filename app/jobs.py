"""The window's jobs: generators over the engine, which is imported when they run. No Qt here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from engine.events import Notice, Opened, Progress

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from pathlib import Path

    from engine.audio.write import Subtype
    from engine.clip import Clip
    from engine.knob import Settings
    from engine.network import Network
    from engine.session import Span, State
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
    """The bundled networks by task, and those that can run live."""

    networks: Mapping[str, tuple[str, ...]]
    live: frozenset[str] = frozenset()


@dataclass(frozen=True, eq=False)
class Loaded:
    """A network to be shown. `merge` joins the moves of one drag for undo."""

    network: Network
    merge: str | None = None


@dataclass(frozen=True, eq=False)
class Prepared:
    """What a recipe trains and how; `begin`: it is to be trained at once."""

    network: Network
    training: Settings
    begin: bool = True


@dataclass(frozen=True, eq=False)
class Saved:
    """A session was written."""

    path: Path
    state: State


def warm() -> Events:
    """Import what is slow, once, after the first paint."""
    yield Progress(UNKNOWN, "loading the network engine")
    from engine import decoding, device

    decoding.Settings()  # the views of a search begin with it
    device.limit_threads()
    devices = device.available()
    yield Ready(devices, {each: device.describe(each) for each in devices})


def list_networks() -> Events:
    """Which networks are bundled, by task; tasks without one are named too."""
    from engine import checkpoint

    yield Listed(checkpoint.by_task(), checkpoint.causal())


def open_network(name: str | Path) -> Events:
    from engine import checkpoint

    yield Loaded(checkpoint.open_network(name))


def untrained(task: str) -> Events:
    """A network for a task that has no bundled one."""
    from engine import checkpoint

    yield Loaded(checkpoint.untrained(task))


def prepare(name: str | Path, begin: bool = True) -> Events:
    """The network and the training of a recipe, bundled or in a file."""
    from engine import checkpoint, recipe

    found = recipe.read(name)
    network = checkpoint.untrained(found.task, found.model_settings, found.task_settings, found.model)
    yield Prepared(network, found.train, begin)


def rebuild(network: Network, settings: Settings, merge: str) -> Events:
    """The network for other settings: a bundled one where there is one of that shape, else untrained."""
    from engine import checkpoint

    yield Loaded(checkpoint.with_settings(network, settings), merge)


def retask(network: Network, settings: Settings, merge: str) -> Events:
    """An untrained network of the same structure for other settings of its task."""
    from engine import checkpoint

    yield Loaded(checkpoint.untrained(network, network.settings, settings, seed=network.seed), merge)


def open_file(path: Path) -> Events:
    from engine.audio.file import decode

    yield Progress(UNKNOWN, f"opening {path.name}")
    if path.suffix.lower() == SESSION:
        from engine import document

        yield from document.load(path)
        return
    for event in decode(path):
        if isinstance(event, Opened):
            event = yield from _labelled(event, path)
        yield event


def _labelled(opened: Opened, path: Path) -> Generator[Notice, None, Opened]:
    """The clip with what lies in files beside it; what is damaged is told and left out."""
    from engine import tiers

    clip, trouble = tiers.labelled(opened.clip, path)
    for each in trouble:
        yield Notice(each, "warning")
    return replace(opened, clip=clip)


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


def save_pipeline(
    clip: Clip,
    span: Span,
    chain: tuple[Link, ...],
    network: Network | None,
    bypassed: tuple[str, ...],
    reading: Any,
    path: Path,
) -> Events:
    """Write the way of a sound to its text, so that it can be run again."""
    from engine import replay

    asked = replay.Pipeline(clip, span.start, span.stop, chain, network, bypassed, reading=reading)
    yield from replay.save(asked, path)
    yield Notice(f"Saved {path}: otoscope run {path.name} runs it again")


def save_recipe(network: Network, settings: Any, path: Path) -> Events:
    """Write the recipe that trains a network of this shape with these settings."""
    from engine import recipe

    yield Progress(UNKNOWN, f"writing {path.name}")
    recipe.write(
        recipe.of(network.task, path.stem, network.task_settings, network.model, network.settings, settings), path
    )
    yield Notice(f"Saved {path}: otoscope train {path.name} trains by it")


def export_trace(trace: Trace, path: Path) -> Events:
    from engine import export

    yield Progress(UNKNOWN, f"writing {path.name}")
    written = export.trace(trace, path)
    several = f"{len(written)} files, {written[0].name} and its like, in {path.parent}"
    yield Notice(f"Saved {path if len(written) == 1 else several}")


def export(clip: Clip, chain: tuple[Link, ...], network: Network | None, subtype: Subtype, path: Path) -> Events:
    """Write what the network hears of the whole clip."""
    from engine import catalog, export, frontend
    from engine.stages.stage import Format

    yield Progress(UNKNOWN, f"writing {path.name}")
    rate = catalog.load("tasks", network.task).build(network.task_settings).rate if network is not None else 0.0
    fitted = frontend.fit(chain, network, rate, Format(float(clip.rate), clip.channels))
    clipped = yield from export.sound(clip, fitted.links, path, subtype)
    loud = f"; {clipped} samples were too loud and are clipped: turn the gain down" if clipped else ""
    yield Notice(f"Saved {path}{loud}", "warning" if clipped else "info")
