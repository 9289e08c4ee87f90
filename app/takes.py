"""The sound under captions of a microphone: a take each time that they began, in files that go with them.

Where a take begins on the captions' clock stands in the name of its file: a program that died leaves that too.
"""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

    from engine.audio.take import Take
    from engine.clip import Clip

ROOM = 1_000_000_000
"""Bytes of sound that are kept on the disk, more than four hours at 16 kHz."""
MEMORY = 40_000_000
"""The same where there is no place on the disk."""
_NAMED = re.compile(r"captions-(\d+\.\d+)-")


@dataclass(frozen=True, eq=False)
class Found:
    """The sound under captions that come back after a crash."""

    takes: tuple[tuple[float, Path, Clip], ...]


class Takes:
    """Clips beside each other on the captions' clock, and one that is being recorded."""

    def __init__(self) -> None:
        self.place: Callable[[str], Path | None] = lambda kind: None
        """Names a file for a take of that kind; None where there is no place for one."""
        self._open: Take | None = None
        self._start = 0.0
        self._files: list[Path] = []
        self._clips: list[tuple[float, Clip]] = []
        self._bytes = 0
        self._full = False

    @property
    def trouble(self) -> str:
        """Why no more of the sound is kept; empty while it is."""
        take = self._open
        if take is not None and take.reason:
            why = f"{take.reason}; make room there, then stop and start captions (C)"
        elif self._full:
            why = f"{self._most / 1e6:.0f} MB of it are kept; Run > Clear captions makes room"
        else:
            return ""
        return f"Captions go on, but what is said from now on cannot be heard again: {why}."

    def begin(self, rate: int, start: float) -> None:
        """What comes is kept; it begins at `start`, in seconds of the captions."""
        from engine.audio.take import Take

        file = self.place(f"captions-{start:.3f}")
        self._files += [file] if file is not None else []
        self._open, self._start, self._full = Take(file, rate, spill=file is None), start, False

    def add(self, block: Any) -> None:
        """Samples [n], on the thread of who hears them."""
        if (take := self._open) is None or self._full:
            return
        self._full = self._bytes >= self._most
        if not self._full:
            self._bytes += 4 * len(block)
            take.add(block)

    def end(self) -> Clip | None:
        """Nothing more is recorded. Returns the last take that there is, be it one of before; None without any."""
        take, self._open = self._open, None
        clip = take.end() if take is not None else None
        if clip is not None:
            self._clips.append((self._start, clip))
        return self._last

    def restore(self, found: Found) -> Clip | None:
        """Take what a crash has left. Returns the last of it."""
        for start, file, clip in found.takes:
            self._files.append(file)
            self._clips.append((start, clip))
            self._bytes += 4 * clip.frames
        return self._last

    def find(self, time: float) -> tuple[Clip, float] | None:
        """What was heard at a time of the captions, and where on it they are zero, in seconds."""
        begun = [(clip, -start) for start, clip in self._clips if start <= time]
        return begun[-1] if begun else None

    def drop(self) -> None:
        """All of it goes."""
        self.end()
        for file in self._files:
            with contextlib.suppress(OSError):
                file.unlink(missing_ok=True)
        self._files, self._clips, self._bytes = [], [], 0

    @property
    def _last(self) -> Clip | None:
        return self._clips[-1][1] if self._clips else None

    @property
    def _most(self) -> int:
        return ROOM if self._files else MEMORY


def left(folder: Path) -> list[tuple[float, Path]]:
    """The takes in the folder of a program that died, in order: where each begins, and its file."""
    from engine.audio import take

    files = (*folder.glob("captions-*.wav"), *folder.glob(f"captions-*{take.UNFINISHED}"))
    return sorted((float(found[1]), path) for path in files if (found := _NAMED.match(path.name)))


def recover(folder: Path) -> Generator[Found, None, None]:
    """The same as a part of a job; one that cannot be read is left out."""
    from engine.audio import take
    from engine.audio.error import AudioError
    from engine.audio.file import open_clip

    takes = []
    for start, path in left(folder):
        with contextlib.suppress(AudioError):
            whole = take.finish(path)
            takes.append((start, whole, open_clip(whole)))
    if takes:
        yield Found(tuple(takes))
