"""A take: what is being recorded, on the disk as it comes, so that a program that dies loses a second."""

from __future__ import annotations

import contextlib
import errno
import os
import struct
import threading
import time
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from engine.audio.error import AudioError
from engine.audio.file import open_clip
from engine.clip import from_array

if TYPE_CHECKING:
    from io import FileIO
    from pathlib import Path

    from numpy.typing import NDArray

    from engine.clip import Clip

UNFINISHED = ".part"
"""The ending of a recording that still goes on, or whose program has died."""
_PERIOD = 0.5  # seconds between two writes
_SETTLED = 5.0  # seconds that a cut of power may cost
_HEAD = 44
_OPEN = 0xFFFFFFFF  # as the size: to the end of the file, however long it gets


class Take:
    """Mono samples at `rate`, written to `path` by a thread of its own: who adds them waits for no disk.

    Where the disk takes no more, `error` says so once and for all, and `reason` why. What comes is held in memory,
    or goes where it is not to `spill`.
    """

    def __init__(self, path: Path | None, rate: int, spill: bool = True) -> None:
        self.rate, self.error, self.reason = rate, "", ""
        self._spill = spill
        self._path = path
        self._waiting: deque[NDArray[np.float32]] = deque()
        self._rest: list[NDArray[np.float32]] = []  # what the disk did not take
        self._frames = 0  # on the disk
        self._file: FileIO | None = None
        self._ending = threading.Event()
        self._name = time.strftime("recording %H:%M:%S")
        if path is not None:
            try:
                self._file = path.with_suffix(UNFINISHED).open("w+b", buffering=0)
                self._file.write(_head(rate, None))
            except OSError as error:
                self._fail(error)
        self._thread = threading.Thread(target=self._write, name="take", daemon=True)
        self._thread.start()

    def add(self, block: NDArray[np.float32]) -> None:
        """Append samples [n]; from any one thread."""
        self._waiting.append(block)

    def end(self) -> Clip | None:
        """All that was recorded, read from its file; None where that is nothing."""
        self._ending.set()
        self._thread.join()
        self._drain()
        self._rescue()
        kept = self._finished()
        rest = np.concatenate(self._rest) if self._rest else np.zeros(0, np.float32)
        if kept is None:
            return from_array(rest, self.rate, self._name) if len(rest) else None
        if len(rest):
            return from_array(np.concatenate([kept.read()[:, 0], rest]), self.rate, self._name)
        return kept

    def _write(self) -> None:
        settled = time.monotonic()
        while not self._ending.wait(_PERIOD):
            self._drain()
            self._rescue()
            if self._file is not None and time.monotonic() - settled > _SETTLED:
                with contextlib.suppress(OSError):
                    os.fsync(self._file.fileno())
                settled = time.monotonic()

    def _drain(self) -> None:
        blocks = [self._waiting.popleft() for _ in range(len(self._waiting))]
        if not blocks:
            return
        samples = np.concatenate(blocks).astype("<f4", copy=False)
        if self._file is not None:
            try:
                _put(self._file, samples)
                self._frames += len(samples)
                return
            except OSError as error:
                self._fail(error)
        if self._spill:
            self._rest.append(samples)

    def _fail(self, error: OSError) -> None:
        """From now on in memory; what the disk has taken stays there."""
        where = self._path.parent if self._path is not None else "the disk"
        self.reason = f"{where} cannot be written ({error.strerror or error})"
        self.error = (
            f"The recording can no longer be written to {where} ({error.strerror or error}): it goes on in "
            "memory. Make room there, end it (R) and save the session (Ctrl+S)."
        )
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.truncate(_HEAD + 4 * self._frames)
                self._file.close()
        self._file = None

    def _rescue(self) -> None:
        """What is in a file that was taken away, with its folder say, can be read as long as it is open."""
        if self._file is None or self._path is None or self._path.with_suffix(UNFINISHED).exists():
            return
        with self._file as file:
            file.seek(_HEAD)
            if self._spill:
                self._rest.append(np.frombuffer(file.readall() or b"", "<f4", self._frames))
        self._file, self._frames = None, 0  # it may be somebody else's by now: not a byte of it is changed
        self._fail(FileNotFoundError(errno.ENOENT, "it is no longer there"))

    def _finished(self) -> Clip | None:
        """The file under its lasting name, with its length in its head."""
        if self._file is not None:
            self._file.close()
        if self._path is None:
            return None
        part = self._path.with_suffix(UNFINISHED)
        if not self._frames:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
            return None
        try:
            return replace(open_clip(finish(part)), name=self._name, path=None)
        except AudioError as error:
            self.error = str(error)
            return None


def seconds(path: Path) -> float:
    """How long a take is, finished or not; 0 for what is none."""
    with contextlib.suppress(AudioError, OSError):
        return open_clip(path).seconds
    return 0.0


def finish(path: Path) -> Path:
    """Give a take its length and its lasting name; where it lies now, which is `path` if that cannot be."""
    if path.suffix != UNFINISHED:
        return path
    frames, rate = open_clip(path).frames, open_clip(path).rate
    with contextlib.suppress(OSError):  # it is read without its length too
        with path.open("r+b") as file:
            file.write(_head(rate, frames))
        return path.replace(path.with_suffix(".wav"))
    return path


def _put(file: FileIO, samples: NDArray[np.float32]) -> None:
    view = samples.view(np.uint8).data
    while view:
        view = view[file.write(view) :]


def _head(rate: int, frames: int | None) -> bytes:
    """The head of a WAV file of mono floats; without `frames` it goes on to the end of the file."""
    size = _OPEN if frames is None or 4 * frames + _HEAD > _OPEN else 4 * frames
    whole = _OPEN if size == _OPEN else size + _HEAD - 8
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 3, 1, rate, 4 * rate, 4, 32)
    return struct.pack("<4sI4s", b"RIFF", whole, b"WAVE") + form + struct.pack("<4sI", b"data", size)
