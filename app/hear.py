"""`otoscope hear`: what a layer of a network holds of a sound, written as sound."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.cli import UsageError
from app.commands import open_sound, say, table

if TYPE_CHECKING:
    import argparse

    from engine.clip import Clip


def main(arguments: argparse.Namespace) -> int:
    """Decode, write, and say how much is left. Raises StateError, AudioError, CheckpointError."""
    from engine import checkpoint
    from engine.audio.write import Writer
    from engine.events import Decoded
    from engine.memo import Memo
    from engine.probes import decode, states
    from engine.session import Depth
    from engine.trace import units

    try:
        chosen = units(arguments.units or arguments.mute or "")
    except ValueError as error:
        raise UsageError(str(error)) from error
    if arguments.out is not None and not arguments.out.parent.is_dir():
        raise UsageError(f"--out {arguments.out}: there is no folder {arguments.out.parent}; make it first")
    network, memo = checkpoint.open_network(arguments.network), Memo()
    traced = states.traced(network, _clip(arguments.clip), memo)
    depth = Depth(arguments.layer, chosen, arguments.mute is not None)
    found = next(each for each in decode.hear(network, traced, depth, memo) if isinstance(each, Decoded))
    told: dict[str, Any] = {
        "layer": depth.layer,
        "correlation": found.correlation,
        "shuffled states": found.shuffled,
        "learnt on": found.learnt,
        "seconds": found.sound.seconds,
    }
    if arguments.out is not None:
        with Writer(arguments.out, found.sound.rate, 1) as writer:
            writer.write(found.sound.read())
        told["sound"] = str(arguments.out)
    say(json.dumps(told, indent=2) if arguments.json else table(told))
    return 0


def _clip(name: str) -> Clip:
    """A file, or the name of a bundled clip."""
    from engine import asset

    if name in asset.clips() and not Path(name).exists():
        return asset.open_bundled(name)
    return open_sound(Path(name))
