"""Converting a file: another rate, another number of channels, another sample format."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import soxr

from engine.audio.error import AudioError
from engine.audio.file import decode
from engine.audio.write import Subtype, Writer
from engine.events import Notice, Opened, Progress

if TYPE_CHECKING:
    import os
    from collections.abc import Generator

    from numpy.typing import NDArray

    from engine.clip import Clip

Mono = Literal["mean", "left", "right"]
"""How many channels become one: their mean, or the first, or the last."""
_BLOCK = 1 << 18


@dataclass(frozen=True)
class Converted:
    """What was written: frames at `rate`, and how many samples had to be clipped."""

    path: Path
    rate: int
    channels: int
    frames: int
    clipped: int


def convert(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    rate: int | None = None,
    mono: Mono | None = None,
    subtype: Subtype = "PCM_16",
    dither: bool = False,
) -> Generator[Progress | Notice, None, Converted]:
    """Write `source` to `target` block by block; round(n * new rate / old rate) frames. Raises AudioError."""
    if Path(target).exists() and Path(source).exists() and Path(target).samefile(source):
        raise AudioError(f"{target} is the file that is read; give another name to write to.")
    clip: Clip | None = None
    for event in decode(source):
        if isinstance(event, Opened):
            clip = event.clip
        else:
            yield event
    assert clip is not None  # decode() opens or raises
    rate = rate or clip.rate
    if not 100 <= rate <= 10_000_000:
        raise AudioError(f"{target} cannot have a sample rate of {rate} Hz; give 8000 to 192000.")
    channels = 1 if mono else clip.channels
    frames = round(clip.frames * rate / clip.rate)
    with Writer(target, rate, channels, subtype, dither, frames) as writer:
        for done, block in _blocks(clip, rate, mono):
            writer.write(block[: frames - writer.frames])
            yield Progress(done / clip.frames, f"writing {Path(target).name}")
        if writer.frames < frames:
            writer.write(np.zeros((frames - writer.frames, channels), np.float32))
    return Converted(Path(target), rate, channels, frames, writer.clipped)


def _blocks(clip: Clip, rate: int, mono: Mono | None) -> Generator[tuple[int, NDArray[np.float32]], None, None]:
    """(source frames done, samples [n, channels] at `rate`)."""
    channels = 1 if mono else clip.channels
    stream = soxr.ResampleStream(clip.rate, rate, channels, "float32", "HQ") if rate != clip.rate else None
    for start in range(0, clip.frames, _BLOCK):
        stop = min(start + _BLOCK, clip.frames)
        block = clip.read(start, stop)
        if mono == "mean":
            block = block.mean(axis=1, keepdims=True, dtype=np.float32)
        elif mono is not None:
            block = np.ascontiguousarray(block[:, :1] if mono == "left" else block[:, -1:])
        yield stop, block if stream is None else stream.resample_chunk(block, last=stop == clip.frames)
