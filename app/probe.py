"""`otoscope probe`: what is stored in the states of a network, and for how long."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from app.commands import say
from app.progress import bar

if TYPE_CHECKING:
    import argparse

    from engine.events import Stored


def main(arguments: argparse.Namespace) -> int:
    """Learn the probes and print their accuracy. Raises StateError, CheckpointError."""
    from rich.console import Console

    from engine import checkpoint
    from engine.events import Progress, Stored
    from engine.probes import probing

    network, found = checkpoint.open_network(arguments.network), None
    with bar(Console(stderr=True, highlight=False)) as progress:
        line = progress.add_task(network.name, total=100, said="")
        for event in probing.probe(network):
            if isinstance(event, Progress):
                progress.update(line, description=event.doing, completed=round(100 * event.share))
            elif isinstance(event, Stored):
                found = event
    assert found is not None
    say(json.dumps(_plain(found), indent=2) if arguments.json else _table(found))
    return 0


def _plain(found: Stored) -> dict[str, Any]:
    return {
        "seconds": found.seconds.tolist(),
        "accuracy": {layer: each.tolist() for layer, each in found.accuracy.items()},
        "shuffled": {layer: each.tolist() for layer, each in found.shuffled.items()},
        "chance": found.chance.tolist(),
        "horizon": {layer: found.horizon(layer) for layer in found.accuracy},
    }


def _table(found: Stored) -> str:
    """A line for each time, a column for each layer, in percent."""
    layers = list(found.accuracy)
    lines = [f"{'ago':>8}" + "".join(f"{f'layer {layer}':>10}" for layer in layers) + f"{'chance':>10}"]
    for place, seconds in enumerate(found.seconds):
        row = "".join(f"{found.accuracy[layer][place]:>10.1%}" for layer in layers)
        lines.append(f"{seconds:>6.2f} s{row}{found.chance[place]:>10.1%}")
    kept = ", ".join(f"layer {layer} {found.horizon(layer):.2f} s" for layer in layers)
    return "\n".join((*lines, f"more than half of it is kept for: {kept}"))
