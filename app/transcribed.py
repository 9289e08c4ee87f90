"""The files of `otoscope transcribe`: what is read, where its words go, and what was done before."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.cli import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from engine.clip import Clip

RECORD = "transcribed.json"
_BLOCK = 5.0
"""Seconds that are read at once."""
_STILL = 1.0
"""Seconds for which a file has not changed before it is taken for whole."""


@dataclass(frozen=True)
class Task:
    """A file that is read, and where its words are written; None: to standard output."""

    source: Path
    target: Path | None


def tasks(
    inputs: Sequence[Path], out: Path | None, form: str, watched: Callable[[str], object] | None = None
) -> list[Task]:
    """Every file that is meant, once. Raises UsageError where nothing fits, or where two would become one.

    Of folders that are `watched` it raises neither: it is told of the second of two such files, which is left out.
    """
    from engine.audio.file import SUFFIXES

    if out is not None and out.exists() and not out.is_dir():
        raise UsageError(f"--out {out} is a file; name a folder")
    found: dict[Path, Path] = {}
    for place in inputs:
        inside = sorted(place.rglob("*")) if place.is_dir() else [place]
        for file in inside:
            name = file.relative_to(place) if place.is_dir() else file
            if place.is_dir() and (file.suffix.lower() not in SUFFIXES or not file.is_file() or _hidden(name)):
                continue
            found.setdefault(file, name if place.is_dir() else type(place)(place.name))
    if not found and watched is None:
        places, ends = ", ".join(map(str, inputs)), ", ".join(SUFFIXES)
        raise UsageError(f"{places}: there is no sound in it; name another folder, with files that end in {ends}")
    if out is None:
        return [Task(source, None) for source in found]
    return _placed(found, out, form, watched or _refuse)


def _hidden(name: Path) -> bool:
    return any(part.startswith(".") for part in name.parts)


def _refuse(reason: str) -> None:
    raise UsageError(reason)


def _placed(found: dict[Path, Path], out: Path, form: str, clash: Callable[[str], object]) -> list[Task]:
    """Each under its own name; of several that differ in their suffix alone, with the suffix in it.

    `clash` is told where two would be one.
    """
    alike = Counter(name.with_suffix("") for name in found.values())
    taken: dict[Path, Path] = {}
    for source, name in found.items():
        one = alike[name.with_suffix("")] == 1
        target = out / (name.with_suffix(f".{form}") if one else name.with_name(f"{name.name}.{form}"))
        if target in taken:
            clash(f"{source} and {taken[target]} would both become {target}; do one of them elsewhere")
        taken.setdefault(target, source)
    return [Task(source, target) for target, source in taken.items()]


def blocks(clip: Clip) -> Generator[NDArray[np.float32], None, None]:
    """The clip as mono blocks [n], read as it goes."""
    size = max(1, round(_BLOCK * clip.rate))
    for start in range(0, clip.frames, size):
        yield clip.read(start, min(start + size, clip.frames)).mean(axis=1, dtype="float32")


class Watch:
    """Tells files that are whole from those which somebody still writes."""

    def __init__(self) -> None:
        self._seen: dict[Path, tuple[Any, float]] = {}
        self._done: dict[Path, Any] = {}

    def due(self, path: Path) -> bool:
        """Whether a file has come to rest: once, and again where it was written on. It has to be asked often."""
        try:
            now = path.stat()
        except OSError:
            return False
        state = now.st_size, now.st_mtime_ns
        before = self._seen.get(path)
        if before is None or before[0] != state:
            self._seen[path] = state, time.monotonic()
            return False
        if now.st_size == 0 or time.monotonic() - before[1] < _STILL or self._done.get(path) == state:
            return False
        self._done[path] = state
        return True
