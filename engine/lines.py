"""A file of lines that grows at its end: what cannot be written waits, and a torn last line is cut off."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from io import FileIO
    from pathlib import Path

_LONGEST = 1 << 20  # bytes of a line, at most


class Lines:
    """Appends lines to a file, which it holds against every other program that would.

    Places in it are counted in all the bytes that were ever given to `write`; of those the first `lost` ones lie
    there no more. Every method raises OSError, and may be called again: nothing that waits is forgotten then.
    """

    def __init__(self, path: Path, anew: Callable[[], bytes]) -> None:
        """`anew` makes the folder again when that is gone, and tells the first line of the new file."""
        self.path, self.lost = path, 0
        self._anew = anew
        self._file: FileIO | None = None
        self._held = bytearray()

    def write(self, said: bytes = b"") -> None:
        """Append, after what waits."""
        self._held += said
        file = self.open()
        while self._held:
            del self._held[: file.write(self._held)]

    def settle(self) -> None:
        """Write what waits, and wait until it lies on the disk."""
        self.write()
        os.fsync(self.open().fileno())

    def cut(self, end: int) -> None:
        """Cut off what lies beyond a place, and the rest of a line that breaks off there."""
        file = self.open()
        self._held.clear()
        size = max(0, min(end - self.lost, os.fstat(file.fileno()).st_size))
        with self.path.open("rb") as reading:
            first = reading.seek(max(0, size - _LONGEST))
            size = first + reading.read(size - first).rfind(b"\n") + 1
        file.truncate(size)
        self.lost = end - size

    def open(self) -> FileIO:
        """The file; a new one where it is gone, or where another lies in its place."""
        if self._file is not None and self._is_there(self._file):
            return self._file
        if self._file is None:
            self._file = _open(self.path)
            return self._file
        end = self.lost + os.fstat(self._file.fileno()).st_size
        first = self._anew()
        file = _open(self.path)
        self._file.close()
        self._file = file
        size = os.fstat(file.fileno()).st_size
        if size == 0:
            self._held[:0] = first
            size = len(first)
        self.lost = end - size
        return file

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _is_there(self, file: FileIO) -> bool:
        try:
            return os.path.samestat(self.path.stat(), os.fstat(file.fileno()))
        except FileNotFoundError:
            return False


def _open(path: Path) -> FileIO:
    file = path.open("ab", buffering=0)
    try:
        import fcntl
    except ImportError:  # Windows: there nobody else may write to an open file anyway
        return file
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise OSError("another program is training there") from None
    except OSError:
        pass  # a file system that knows no locks
    return file
