"""What was analysed, for other programs: a trace as NPZ or CSV."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.replacing import replacing

if TYPE_CHECKING:
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
    target = path.with_name(f"{path.stem}-{name(key)}.csv")
    rows = series.rows or range(series.values.shape[1])
    with replacing(target) as part, part.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerow(["time in s", *(f"{series.axis} {row}" for row in rows)])
        table = np.column_stack([_times(series), series.values])
        np.savetxt(file, table, ["%.6f"] + ["%.7g"] * series.values.shape[1], ",")
    return target


def _times(series: Series) -> Any:
    return series.first + np.arange(len(series.values)) / series.rate
