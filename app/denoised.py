"""The files of `otoscope denoise`: what is read, where each goes, and what was done before."""

from __future__ import annotations

import contextlib
import glob
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.cli import VERSION, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

RECORD = "denoised.json"
_KEPT = (".wav", ".flac")  # what is lossless; FLAC holds no floats

_STALE = 600.0  # seconds since anybody wrote to a part: a run that goes on writes every few


@dataclass(frozen=True)
class Task:
    """A file that is read, the part of its path that goes on under the target folder, and where it is written."""

    source: Path
    name: Path
    target: Path


def tasks(inputs: Sequence[Path], out: Path, subtype: str = "PCM_16") -> list[Task]:
    """Every file that is meant, once; folders with their folders. Raises UsageError where nothing fits."""
    from engine.audio.file import SUFFIXES

    if out.exists() and not out.is_dir():
        raise UsageError(f"--out {out} is a file; name a folder")
    found: dict[Path, Path] = {}
    for place in inputs:
        if not place.is_dir():
            found.setdefault(place, Path(place.name))
            continue
        files = [each for each in sorted(place.rglob("*")) if each.suffix.lower() in SUFFIXES and each.is_file()]
        for file in files:
            # What was made before is no input; nor is what programs hide.
            hidden = any(part.startswith(".") for part in file.relative_to(place).parts)
            if not hidden and not (out != place and file.is_relative_to(out)):
                found.setdefault(file, file.relative_to(place))
    if not found:
        places, ends = ", ".join(map(str, inputs)), ", ".join(SUFFIXES)
        raise UsageError(f"{places}: there is no sound in it; name another folder, with files that end in {ends}")
    return _placed(found, out, _KEPT[:1] if subtype == "FLOAT" else _KEPT)


def _placed(found: dict[Path, Path], out: Path, kept: Sequence[str]) -> list[Task]:
    """Each at its place. What may keep its name does; others of that name get one more ending."""
    taken: dict[Path, Path] = {}
    placed = []
    for source, name in sorted(found.items(), key=lambda each: each[1].suffix.lower() not in kept):
        target = out / (name if name.suffix.lower() in kept else name.with_suffix(".wav"))
        if target in taken:
            target = out / name.with_name(f"{name.name}.wav")
        if target in taken:
            raise UsageError(f"{source} and {taken[target]} would both become {target}; do one of them elsewhere")
        taken[target] = source
        if target.exists() and source.exists() and target.samefile(source):
            raise UsageError(f"--out {out}: {source} would be written over by its own result; name another folder")
        placed.append(Task(source, name, target))
    order = {source: number for number, source in enumerate(found)}
    return sorted(placed, key=lambda each: order[each.source])


def clear(target: Path) -> None:
    """Remove what a run that was killed has left of a file."""
    for part in target.parent.glob(f".{glob.escape(target.name)}.*.part"):
        with contextlib.suppress(OSError):
            if time.time() - part.stat().st_mtime > _STALE:
                part.unlink()


def reference(task: Task, place: Path) -> Path | None:
    """The clean sound of a file: `place` itself, or what has its name there, with whatever suffix."""
    from engine.audio.file import SUFFIXES

    if place.is_file():
        return place
    names = [task.name, *(task.name.with_suffix(suffix) for suffix in SUFFIXES)]
    return next((place / each for each in names if (place / each).is_file()), None)


def identity(source: Path, model: str, settings: dict[str, Any]) -> dict[str, Any]:
    """What a result depends on, in plain values. Raises OSError."""
    weights = sorted(Path(model).glob("*")) if Path(model).is_dir() else [Path(model)]
    return {
        "source": _state(source),
        "model": {"name": model, "files": [_state(each) for each in weights if each.is_file()]},
        "settings": settings,
        "version": VERSION,
    }


def _state(path: Path) -> list[Any]:
    found = path.stat()
    return [str(path.resolve()), found.st_size, found.st_mtime_ns]


class Record:
    """What lies in a folder and how it was made, in a file beside it; one that cannot be read counts as none."""

    def __init__(self, folder: Path, name: str = RECORD) -> None:
        self._folder, self._path = folder, folder / name
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            found = None
        self._made: dict[str, Any] = found if isinstance(found, dict) else {}

    def holds(self, target: Path, asked: dict[str, Any]) -> bool:
        """Whether a file is there and was made as asked, and not been changed since."""
        made = self._made.get(self._key(target))
        return target.is_file() and made == {**asked, "size": target.stat().st_size}

    def add(self, target: Path, asked: dict[str, Any]) -> None:
        """A file that has just been written. Raises AudioError."""
        from engine.audio.error import AudioError
        from engine.replacing import replacing

        try:
            self._made[self._key(target)] = {**asked, "size": target.stat().st_size}
            with replacing(self._path) as part:
                part.write_text(json.dumps(self._made, indent=1), encoding="utf-8")
        except OSError as error:
            reason = error.strerror or error
            raise AudioError(f"{self._path} cannot be written ({reason}); make room there") from error

    def _key(self, target: Path) -> str:
        return target.relative_to(self._folder).as_posix()
