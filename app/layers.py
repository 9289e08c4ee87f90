"""`otoscope transcribe --layers`: what each layer of a recogniser makes of a sound, as heat maps or as arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from app.cli import UsageError
from app.commands import open_sound, say

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from numpy.typing import NDArray

    Array = NDArray[np.float32]

LONGEST = 20.0
"""Seconds of the sound that are looked at."""
_WIDE, _HIGH, _LEFT = 900, 90, 60


def main(arguments: argparse.Namespace) -> int:
    """Write them. Raises UsageError, RecogniserError, AudioError, OSError."""
    import soxr

    from app.transcribe import build
    from engine.recognisers.recogniser import RecogniserError
    from engine.replacing import replacing
    from engine.stretches import clean

    target: Path = arguments.layers
    if len(arguments.inputs) != 1 or arguments.inputs[0].is_dir() or target.suffix not in (".svg", ".npz"):
        raise UsageError("--layers FILE.svg or FILE.npz needs one sound file as IN")
    reader: Any = build(arguments)
    if not hasattr(reader, "layers"):
        raise UsageError(
            f"{reader.name} does not show its layers; --recogniser wav2vec2, hubert or their file does"
        )
    clip = open_sound(arguments.inputs[0])
    sound = clean(clip.read(0, round(LONGEST * clip.rate)).mean(axis=1, dtype=np.float32))
    if clip.rate != reader.rate:
        sound = clean(soxr.resample(sound, clip.rate, reader.rate))
    try:
        found: tuple[Array, ...] = reader.layers(sound)
    except RecogniserError as error:
        raise RecogniserError(f"{arguments.inputs[0]}: {error}") from error
    with replacing(target) as part:
        if target.suffix == ".npz":
            with part.open("wb") as file:
                np.savez(file, **{f"layer_{number}": each for number, each in enumerate(found, 1)})  # type: ignore[arg-type]
        else:
            part.write_text(drawn(found, len(sound) / reader.rate, reader.name), encoding="utf-8")
    say(f"{target}: {len(found)} layers, {found[0].shape[0]} frames of {found[0].shape[1]} units")
    return 0


def drawn(layers: tuple[Array, ...], seconds: float, name: str) -> str:
    """Layers [T, F] as SVG: time to the right, units upward, each unit from its 2nd to its 98th percentile."""
    from engine import drawing

    parts = [drawing.words(_LEFT, 16, f"{name}: {len(layers)} layers, {seconds:.2f} s")]
    for number, values in enumerate(layers):
        low, high = np.percentile(values, [2, 98], axis=0)
        shown = ((values - low) / np.maximum(high - low, 1e-9)).T[::-1]
        box = drawing.Box(_LEFT, 26 + number * (_HIGH + 8), _WIDE, _HIGH)
        parts += [drawing.heat(box, shown), drawing.frame(box)]
        parts.append(drawing.words(_LEFT - 8, box.top + _HIGH / 2 + 4, f"layer {number + 1}", "end"))
    bottom = 26 + len(layers) * (_HIGH + 8)
    for second in range(int(seconds) + 1):
        place = _LEFT + _WIDE * second / seconds
        parts.append(drawing.words(place, bottom + 10, f"{second} s", "middle", 10, True))
    return drawing.drawing(_LEFT + _WIDE + 20, bottom + 24, parts)
