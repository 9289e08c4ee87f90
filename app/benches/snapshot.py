"""What a snapshot costs, beside a step of training: copied out, sent to the window, written, and shown."""

from __future__ import annotations

import dataclasses
import itertools
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.bench import Figure, median

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from engine.events import Snapshot
    from engine.network import Network

TURNS = 21
OFTEN = 2.0
"""Snapshots a second at the most, in training."""
MOST = 5.0
"""Percent of the time of training that they may take."""


def measure() -> list[Figure]:
    """For a small and a large network: medians of each part, taken one after another in every turn."""
    from engine import device

    device.limit_threads()
    return [figure for size in ("small", "large") for figure in one(size)]


def one(size: str) -> list[Figure]:
    """The figures of one size. Writing is done in a thread, and showing in the window: they hold up no step."""
    from engine import checkpoint

    step, trainer = stepper(size)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "snapshot.safetensors"
        parts: dict[str, Callable[[Network], Any]] = {
            "written": lambda network: checkpoint.save(network, path),
            "shown: 5 s inspected anew": inspector(),
        }
        taken: dict[str, list[float]] = {name: [] for name in ("a step", "copied out", *parts)}
        for turn in range(TURNS):
            taken["a step"].append(step())
            began = time.perf_counter()
            network = trainer.network(turn)
            taken["copied out"].append(time.perf_counter() - began)
            for name, part in parts.items():
                began = time.perf_counter()
                part(network)
                taken[name].append(time.perf_counter() - began)
    taken["sent, until the window has it"] = sent(network)
    middle = {name: median(each[1:]) for name, each in taken.items()}
    share = 100 * OFTEN * (middle["copied out"] + middle["sent, until the window has it"])
    return [
        *(Figure(f"{size}: {name}", 1e3 * seconds) for name, seconds in middle.items()),
        Figure(f"{size}: copying and sending over a step", share / 100 / OFTEN / middle["a step"], ""),
        Figure(f"{size}: share of training, {OFTEN:g} a second", share, "%", MOST),
    ]


def stepper(size: str) -> tuple[Callable[[], float], Any]:
    """Seconds of the next step without making its batch, and the trainer that makes it."""
    from app.benches._training import SHAPES, network
    from engine import recipe
    from engine.trainer import Trainer

    made = network(size)
    settings = recipe.TrainSettings(batch=SHAPES[size][2])
    trainer = Trainer(recipe.of(made.task, size, made.task_settings, made.model, made.settings, settings), "cpu")
    batch, number = trainer.task.batch("train", 0, settings.batch, 0), itertools.count(1)
    return lambda: trainer.step(next(number), batch).values["seconds"], trainer


def inspector() -> Callable[[Network], None]:
    """What the window does with another network."""
    from app.benches import slider
    from engine.chain import Memo, default_picture, default_sound_chain
    from engine.infer import Inspection, run

    clip, memo = slider.speech(), Memo()

    def inspect(network: Network) -> None:
        asked = (clip, default_sound_chain(), default_picture(), network, 0.0, clip.seconds, "cpu")
        for _ in run(Inspection(*asked), memo):
            pass

    return inspect


def sent(network: Network) -> list[float]:
    """Seconds from the process of a training until the window's side has a snapshot."""
    from app import host
    from engine.events import Snapshot

    taken = []
    for event in host.hosted(giving, network, TURNS):
        if isinstance(event, Snapshot):
            taken.append(time.monotonic() - event.network.metrics["at"])
    return taken


def giving(network: Network, count: int) -> Generator[Snapshot, None, None]:
    """Snapshots that say when they were given; runs in the other process."""
    from engine.events import Snapshot

    for number in range(count):
        time.sleep(0.02)
        yield Snapshot(number, dataclasses.replace(network, metrics={"at": time.monotonic()}))
