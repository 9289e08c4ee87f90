"""Sounds of any duration: fitted to one or cut into pieces by `otoscope convert`, read in pieces by `inspect`."""

from __future__ import annotations

import json
import math
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli import UsageError

if TYPE_CHECKING:
    import argparse

    import numpy as np
    from numpy.typing import NDArray

    from engine.clip import Clip
    from engine.network import Network

LONGEST = 3600.0
"""Seconds: a whole clip is held in memory to be fitted or cut."""


def convert(arguments: argparse.Namespace) -> int:
    """Write the fitted sound or its pieces; says on stderr what was cut away or added. Raises AudioError."""
    from app.commands import result, say
    from engine.audio.convert import convert
    from engine.audio.error import AudioError
    from engine.audio.file import open_clip
    from engine.audio.write import write

    check(arguments)
    if open_clip(arguments.source).seconds > LONGEST:
        raise AudioError(f"{arguments.source} is longer than an hour; cut it first, or convert it as a whole.")
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "whole.wav"
        made = result(convert(arguments.source, whole, arguments.sr, arguments.mono, "FLOAT"))
        samples = open_clip(whole).read()
    samples = fitted(samples, made.rate, arguments)
    for path, piece in pieces(samples, made.rate, arguments):
        clipped = write(path, piece, made.rate, arguments.kind, arguments.dither)
        told = f", {clipped} samples clipped" if clipped else ""
        say(f"{path}: {len(piece)} samples at {made.rate} Hz{told}")
    return 0


def check(arguments: argparse.Namespace) -> None:
    """Raise UsageError where the lengths make no sense."""
    for name in ("seconds", "chunk"):
        value = getattr(arguments, name)
        if value is not None and not (math.isfinite(value) and 0.001 <= value <= LONGEST):
            raise UsageError(f"--{name} is {value:g}; its range is 0.001 to {LONGEST:g} s")
    if arguments.chunk is not None and not 0.0 <= arguments.overlap < arguments.chunk:
        raise UsageError(f"--overlap is {arguments.overlap:g}; it must be below --chunk, {arguments.chunk:g} s")
    if arguments.fill and arguments.chunk is None:
        raise UsageError("--fill is for the last of the pieces that --chunk makes")


def fitted(samples: NDArray[np.float32], rate: int, arguments: argparse.Namespace) -> NDArray[np.float32]:
    """Samples [n, channels] made as long as --seconds says."""
    from engine.audio.length import fit

    if arguments.seconds is None:
        return samples
    frames = max(1, round(arguments.seconds * rate))
    found, real = fit(samples, frames, arguments.policy)
    if len(samples) > frames:
        cut = (len(samples) - frames) / rate
        sys.stderr.write(f"{cut:.2f} s at the end were cut away; --chunk {arguments.seconds:g} keeps them\n")
    elif not real.all():
        sys.stderr.write(f"{(~real).sum() / rate:.2f} s of silence were added\n")
    return found


def pieces(
    samples: NDArray[np.float32], rate: int, arguments: argparse.Namespace
) -> tuple[tuple[Path, NDArray[np.float32]], ...]:
    """What is written where: one file, or the pieces by number."""
    from engine.audio.length import fit, split

    target: Path = arguments.target
    if arguments.chunk is None:
        return ((target, samples),)
    size = max(1, round(arguments.chunk * rate))
    cut = split(samples, size, min(round(arguments.overlap * rate), size - 1))
    if arguments.fill:
        cut = (*cut[:-1], fit(cut[-1], size, arguments.policy)[0])
    digits = max(3, len(str(len(cut))))
    names = (
        target.with_name(f"{target.stem}-{number:0{digits}}{target.suffix}") for number in range(1, len(cut) + 1)
    )
    return tuple(zip(names, cut, strict=True))


def read(network: Network, clip: Clip, as_json: bool) -> int:
    """What a network reads in a recording too long for one run; says into how many pieces it was cut."""
    from app.commands import say, table
    from engine import reading, trace

    found = reading.read(network, clip, trace.LONGEST)
    meeting = "a word where two of them meet may be lost"
    sys.stderr.write(f"{clip.name} lasts {clip.seconds:.1f} s: read in {found.pieces} pieces; {meeting}\n")
    values = {"text": list(found.text), "seconds": clip.seconds, "pieces": found.pieces}
    padding = found.padding if as_json else f"{found.padding:.1%} of what the network reads"
    say(json.dumps({**values, "padding": padding}, indent=2) if as_json else table({**values, "padding": padding}))
    return 0
