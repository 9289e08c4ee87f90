"""What was analysed, for other programs: a trace as NPZ or CSV, and the sound that the chain makes."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.audio.write import Writer
from engine.events import Progress
from engine.links import Chain, role, supported
from engine.replacing import replacing
from engine.stages.stage import Format

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from engine.audio.write import Subtype
    from engine.clip import Clip
    from engine.stages.stage import Link
    from engine.trace import Key, Series, Trace

KINDS = (".npz", ".csv")


class ExportError(ValueError):
    """A place or a kind of file that cannot be written; the message names it and says what to do."""


def trace(found: Trace, path: str | Path) -> tuple[Path, ...]:
    """Write every series of a trace; returns the files.

    NPZ holds `layer1.forward.h`, `.c`, `.i`, `.f`, `.g`, `.o` [T, H], the others by their name, and the times of
    h as `time` [T]. CSV is a file a series, NAME-layer1.forward.h.csv, a line a frame: its time, then its values.
    Raises ExportError.
    """
    path = Path(path)
    try:
        if path.suffix.lower() == ".npz":
            return (_npz(found, path),)
        if path.suffix.lower() == ".csv":
            return tuple(_csv(key, series, path) for key, series in found.series.items())
    except OSError as error:
        raise ExportError(
            f"{path} cannot be written ({error.strerror or error}); choose another place."
        ) from error
    raise ExportError(f"{path}: a trace is not written as {path.suffix!r}; use {' or '.join(KINDS)}.")


def places(found: Trace, path: str | Path) -> tuple[Path, ...]:
    """The files that `trace` writes."""
    path = Path(path)
    return tuple(_table(key, path) for key in found.series) if path.suffix.lower() == ".csv" else (path,)


def sound(
    clip: Clip, links: Sequence[Link], path: str | Path, subtype: Subtype = "PCM_16"
) -> Generator[Progress, None, int]:
    """Write what the sound links make of a whole clip, mono; returns how many samples were clipped.

    Raises AudioError and StageError.
    """
    heard = [link for link in supported(links) if role(link) in ("source", "sound")]
    chain = Chain(heard, Format(float(clip.rate), clip.channels))
    with Writer(path, round(chain.output.rate), 1, subtype, frames=clip.frames) as writer:
        for start in range(0, clip.frames, _BLOCK):
            writer.write(chain.push(clip.read(start, start + _BLOCK)).mean(axis=1, dtype=np.float32))
            yield Progress(min(1.0, (start + _BLOCK) / clip.frames), f"writing {writer.path.name}")
        writer.write(chain.flush().mean(axis=1, dtype=np.float32))
    return writer.clipped


_BLOCK = 1 << 18  # frames that go through the chain in a step


def name(key: Key) -> str:
    """How a series is called in a file."""
    short = key.name.removeprefix("gate.")
    return f"layer{key.layer}.{key.direction}.{short}" if key.layer else short


def _npz(found: Trace, path: Path) -> Path:
    arrays: dict[str, Any] = {}
    for key, series in found.series.items():
        arrays[name(key)] = series.values
        if key.name == "h":
            arrays["time"] = _times(series)
    with replacing(path) as part, part.open("wb") as file:
        np.savez_compressed(file, **arrays)
    return path


def _csv(key: Key, series: Series, path: Path) -> Path:
    target = _table(key, path)
    rows = series.rows or range(series.values.shape[1])
    with replacing(target) as part, part.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerow(["time in s", *(f"{series.axis} {row}" for row in rows)])
        table = np.column_stack([_times(series), series.values])
        np.savetxt(file, table, ["%.6f"] + ["%.7g"] * series.values.shape[1], ",")
    return target


def _table(key: Key, path: Path) -> Path:
    return path.with_name(f"{path.stem}-{name(key)}.csv")


def _times(series: Series) -> Any:
    return series.first + np.arange(len(series.values)) / series.rate
