"""What the scripts that make the bundled networks share: training by a recipe, storing, telling what was tried."""

from __future__ import annotations

import dataclasses
import os
import sys
import time
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

ASSETS = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ASSETS.parent))

from engine import asset, checkpoint, recipe, train  # noqa: E402 - the path comes first
from engine.events import Evaluated, Snapshot, Step  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from engine.network import Network
    from engine.recipe import Recipe


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def trained(name: str, chosen: Recipe, run: Path | None = None) -> tuple[Network, int]:
    """A network as it is after the last step of its recipe (nothing is selected), and seconds of one processor.

    With a folder `run` it is recorded there; what was stopped goes on from there, and the seconds are those since.
    """
    network: Network | None = None
    begun, busy = time.monotonic(), time.process_time()
    resume = run is not None and run.is_dir()
    for event in train.train(chosen, "cpu", run, resume=resume, attended=False):
        if isinstance(event, Evaluated) or (isinstance(event, Step) and event.step % 100 == 0):
            say(f"{name} {time.monotonic() - begun:.0f} s {event}")
        if isinstance(event, Snapshot):
            network = event.network
    assert network is not None
    return network, round(time.process_time() - busy)


def make(name: str, data: str) -> None:
    """Train a bundled recipe and store the network in half precision; `data` says what it has learnt from."""
    chosen = recipe.read(name)
    network, seconds = trained(name, chosen)
    card = {"data": data, "licence": "CC0-1.0", "command": f"otoscope train assets/recipes/{name}.toml"}
    kept = MappingProxyType({**network.card, **card, "seconds": seconds})
    _store(name, dataclasses.replace(network, card=kept), {"step": chosen.train.steps})


def bundle(data: str, default: str, named: Callable[[Network], str], about: str | None) -> None:
    """Store the trained network that the command line names, with the commands behind it that made it.

    `data` says what it has learnt from, `default` the command where none is given, `named` how it will be called,
    `about` how the script is used.
    """
    if len(sys.argv) < 2:
        raise SystemExit(about)
    network = checkpoint.load(sys.argv[1])
    card = {"data": data, "licence": "CC-BY-SA-4.0", "command": "; ".join(sys.argv[2:]) or default}
    name = named(network)
    kept = dataclasses.replace(network, name=name, card=MappingProxyType({**network.card, **card}))
    place = checkpoint.save(kept, asset.path("checkpoints", f"{name}.safetensors"), half=True)
    say(f"{place}: {place.stat().st_size / 1e6:.1f} MB, {dict(kept.metrics)}")


def tell(name: str, seed: int, found: Mapping[str, Any]) -> Network:
    """Write what a test on data of a seed has found into the file of a bundled network; gives that network."""
    network = checkpoint.open_network(name)
    metrics = {"step": network.metrics["step"], "test seed": seed, **found}
    say(f"{name} {metrics}")
    return _store(name, network, metrics)


def run(known: Iterable[str], data: str, tried: Callable[[str], None]) -> None:
    """Make the networks that the command line names, or all that are `known`, and try each; --test only tries."""
    import torch

    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    for name in [each for each in sys.argv[1:] if each != "--test"] or sorted(known):
        if "--test" not in sys.argv:
            make(name, data)
        tried(name)


def _store(name: str, network: Network, metrics: Mapping[str, Any]) -> Network:
    told = dataclasses.replace(network, metrics=MappingProxyType(dict(metrics)))
    checkpoint.save(told, asset.path("checkpoints", f"{name}.safetensors"), half=True)
    return told
