"""`otoscope shapes`: every tensor of a network, its axes by name and its shape."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.cli import UsageError
from app.commands import say

if TYPE_CHECKING:
    import argparse

    from engine.network import Network
    from engine.shapes import Shape


def main(arguments: argparse.Namespace) -> int:
    """Print what is learnt and what flows. Raises CheckpointError, RecipeError."""
    from engine import shapes

    if arguments.frames < 1:
        raise UsageError(f"--frames is {arguments.frames}; a sound has at least 1")
    network = opened(arguments.network)
    learnt = shapes.weights(network)
    flows = [shape for _, shape in shapes.series(network, arguments.frames)]
    if arguments.json:
        say(json.dumps({"weights": list(map(plain, learnt)), "series": list(map(plain, flows))}, indent=2))
        return 0
    say(f"{network.name}: {sum(math.prod(each.sizes) for each in learnt):,} weights")
    wide = max(len(each.name) for each in (*learnt, *flows))
    for title, rows in (("learnt", learnt), (f"of a sound of {arguments.frames} frames", flows)):
        say(f"\n{title}")
        for each in rows:
            say(f"  {each.name:<{wide}}  {' x '.join(map(str, each.sizes)):<11}  [{', '.join(each.axes)}]")
    return 0


def opened(name: str) -> Network:
    """The network of a checkpoint, bundled or not, or the untrained one of a recipe."""
    from engine import checkpoint, recipe

    if name in checkpoint.bundled() or Path(name).suffix == checkpoint.SUFFIX:
        return checkpoint.open_network(name)
    found = recipe.read(name)
    return checkpoint.untrained(found.task, found.model_settings, found.task_settings, found.model)


def plain(shape: Shape) -> dict[str, Any]:
    return {"name": shape.name, "axes": list(shape.axes), "shape": list(shape.sizes)}
