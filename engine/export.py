"""What was analysed, for other programs: a trace as NPZ or CSV."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

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
    partial = path.with_name(f".{path.name}.{os.getpid()}.part.npz")
    try:
        np.savez_compressed(partial, **arrays)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return path


def _csv(key: Key, series: Series, path: Path) -> Path:
    target = path.with_name(f"{path.stem}-{name(key)}.csv")
    partial = target.with_name(f".{target.name}.{os.getpid()}.part")
    rows = series.rows or range(series.values.shape[1])
    try:
        with partial.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["time in s", *(f"{series.axis} {row}" for row in rows)])
            for time, values in zip(_times(series), series.values, strict=True):
                writer.writerow([f"{time:.6f}", *(f"{value:.7g}" for value in values)])
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return target


def _times(series: Series) -> Any:
    return series.first + np.arange(len(series.values)) / series.rate
