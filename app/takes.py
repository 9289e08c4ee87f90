"""The sound under captions of a microphone: a take each time that they began, in files that go with them."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from engine.audio.take import Take
    from engine.clip import Clip


class Takes:
    """Clips beside each other on the captions' clock, and one that is being recorded."""

    def __init__(self) -> None:
        self.place: Callable[[], Path | None] = lambda: None
        """Names a file for a take; None where there is no place for one."""
        self._open: Take | None = None
        self._start = 0.0
        self._files: list[Path] = []
        self._clips: list[tuple[float, Clip]] = []

    def begin(self, rate: int, start: float) -> None:
        """What comes is kept; it begins at `start`, in seconds of the captions."""
        from engine.audio.take import Take

        file = self.place()
        self._files += [file] if file is not None else []
        self._open, self._start = Take(file, rate), start

    def add(self, block: Any) -> None:
        """Samples [n], on the thread of who hears them."""
        if (take := self._open) is not None:
            take.add(block)

    def end(self) -> Clip | None:
        """The take that was recorded; None where there is none, or nothing in it."""
        take, self._open = self._open, None
        clip = take.end() if take is not None else None
        if clip is not None:
            self._clips.append((self._start, clip))
        return clip

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
        self._files, self._clips = [], []
