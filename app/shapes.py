"""`otoscope shapes`: every tensor of a network, its axes by name and its shape."""

from __future__ import annotations

import dataclasses
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


MOST = 4096
"""Features a frame at the most."""


def main(arguments: argparse.Namespace) -> int:
    """Print what is learnt and what flows. Raises CheckpointError, RecipeError."""
    from engine import shapes

    if arguments.frames < 1:
        raise UsageError(f"--frames is {arguments.frames}; a sound has at least 1")
    network = wider(opened(arguments.network), arguments.mel)
    learnt, made = shapes.weights(network), shapes.layers(network, arguments.frames)
    told, paces = shapes.series(network, arguments.frames), shapes.paces(network, arguments.frames)
    flows = [(shape, paces[key]) for key, shape in told]
    field = network.receptive
    if arguments.json:
        found: dict[str, Any] = {
            "weights": list(map(plain, learnt)),
            "layers": list(map(plain, made)),
            "convolutions": [
                {**dataclasses.asdict(each), "kind": each.kind, "weights": each.weights, "products": each.products}
                for each in network.convolutions
            ],
            "series": [{**plain(shape), "milliseconds": pace} for shape, pace in flows],
        }
        if field is not None:
            found["receptive field"] = {
                "milliseconds": field.milliseconds,
                "rows": field.rows,
                "hertz": field.hertz,
            }
        say(json.dumps(found, indent=2))
        return 0
    say(f"{network.name}: {sum(math.prod(each.sizes) for each in learnt):,} weights")
    if field is not None:
        say(f"its convolutions see {field}")
    for conv in network.convolutions:
        many = f"{conv.times} times " if conv.times > 1 else ""
        said = f"{conv.weights:,} weights, {conv.products:,} products a step"
        say(f"  {conv.name}: {many}{conv.kind} {conv.kernel[0]} x {conv.kernel[1]}, {said}")
    wide = max(len(each.name) for each in (*learnt, *made, *(shape for shape, _ in flows)))
    heard = f"a sound of {arguments.frames} frames"
    rows = (
        ("learnt", [(each, "") for each in learnt]),
        (f"what every layer makes of {heard}", [(each, "") for each in made]),
        (f"what is shown of {heard}", [(each, f"  every {pace:g} ms") for each, pace in flows]),
    )
    for title, part in rows:
        say(f"\n{title}")
        for each, more in part:
            say(f"  {each.name:<{wide}}  {' x '.join(map(str, each.sizes)):<11}  [{', '.join(each.axes)}]{more}")
    return 0


def wider(network: Network, features: int) -> Network:
    """The network for so many features a frame, untrained; itself where it hears as many, or 0 are asked for."""
    if features in (0, network.inputs):
        return network
    if not 1 <= features <= MOST:
        raise UsageError(f"--mel is {features}; it can be 1 to {MOST} bands")
    if network.trained:
        raise UsageError(
            f"{network.name} is trained on {network.inputs} features; leave --mel out, or take a recipe"
        )
    return dataclasses.replace(network, inputs=features)


def opened(name: str) -> Network:
    """The network of a checkpoint, bundled or not, or the untrained one of a recipe; or, by a model's name, one as
    it begins, for the task of the first recipe that has it: speech to text where one is of it,
    phonemes where none has.
    """
    from engine import catalog, checkpoint, recipe

    if name in checkpoint.bundled() or Path(name).suffix == checkpoint.SUFFIX:
        return checkpoint.open_network(name)
    if name in catalog.names("models") and name not in recipe.bundled():
        having = [each for each in map(recipe.read, recipe.bundled()) if each.model == name]
        first = min(having, key=lambda each: each.task != "speech", default=recipe.read("phonemes-lstm-128"))
        return checkpoint.untrained(first.task, None, first.task_settings, name)
    found = recipe.read(name)
    return checkpoint.untrained(found.task, found.model_settings, found.task_settings, found.model)


def plain(shape: Shape) -> dict[str, Any]:
    return {"name": shape.name, "axes": list(shape.axes), "shape": list(shape.sizes)}
