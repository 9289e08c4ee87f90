"""`otoscope generate melody`: bars of music by a network, as MIDI and as sound; the same seed, the same bytes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from app.cli import UsageError
from app.commands import say

if TYPE_CHECKING:
    import argparse

    from engine.generate import Settings
    from engine.network import Network

NETWORK = "melody-lstm-64"


def main(arguments: argparse.Namespace) -> int:
    """Generate, write both files, and say what came. Raises UsageError, KnobError, NotGenerating, OSError."""
    from engine import checkpoint, generate, melody

    if not 20 <= arguments.tempo <= 400:
        raise UsageError(f"--tempo is {arguments.tempo:g}; its range is 20 to 400 quarters a minute")
    names = ("bars", "temperature", "top_k", "top_p", "scale", "seed")
    settings = generate.Settings(**{name: getattr(arguments, name) for name in names})
    begin = begun(arguments.begin)
    target = arguments.out.with_suffix(".mid")
    if not target.parent.is_dir():
        raise UsageError(f"--out {arguments.out}: there is no folder {target.parent}; make it first")
    notes = played(checkpoint.open_network(arguments.network), settings, begin)
    files = [str(target), str(melody.write(notes, target, arguments.tempo))]
    told = [melody.NAMES[note - 1] for note in notes]
    if arguments.json:
        say(json.dumps({"notes": told, "files": files, **settings.to_dict()}, indent=2))
        return 0
    for bar in range(arguments.bars):
        say(" ".join(f"{each:<2}" for each in told[bar * melody.BAR : (bar + 1) * melody.BAR]))
    say(", ".join(files))
    return 0


def played(network: Network, settings: Settings, begin: list[int]) -> list[int]:
    """So many bars of notes, the first of them as they were begun."""
    from engine import generate, melody

    return [note for note, _ in generate.play(network, begin, settings.bars * melody.BAR, settings)]


def begun(text: str) -> list[int]:
    """Notes from their names, as in "C4 E4 G4". Raises UsageError."""
    from engine import melody

    names: list[Any] = text.replace(",", " ").split()
    unknown = [each for each in names if each not in melody.NAMES]
    if unknown:
        raise UsageError(f"--begin: there is no note {unknown[0]!r}; there are: {' '.join(melody.NAMES)}")
    return [1 + melody.NAMES.index(each) for each in names]
