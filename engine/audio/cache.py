"""The cache: sound decoded from MP3 and OGG, and what session files hold, so that it can be read at any place."""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path

import platformdirs

_LIMIT = 4 << 30  # bytes; the least recently used go first


def place(path: Path) -> Path:
    """Where the decoded form of this very version of a file lies, or would lie."""
    return _folder() / f"{key(path)}.wav"


def slot(name: str) -> Path:
    """Where an entry lies that is named by its content."""
    return _folder() / name


def key(path: Path) -> str:
    """Names a version of a file: other content, another key."""
    stat = path.stat()
    text = f"{path.resolve()}\0{stat.st_mtime_ns}\0{stat.st_size}"
    return hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=12).hexdigest()


def touch(entry: Path) -> None:
    """Note that an entry was used."""
    with contextlib.suppress(OSError):
        os.utime(entry)


def prune(limit: int = _LIMIT) -> None:
    """Remove the entries that were not used for longest until the rest fits into `limit` bytes."""
    with contextlib.suppress(OSError):
        entries = sorted((each.stat().st_mtime, each.stat().st_size, each) for each in _folder().iterdir())
        total = sum(size for _, size, _ in entries)
        for _, size, entry in entries[:-1]:
            if total <= limit:
                return
            entry.unlink()
            total -= size


def _folder() -> Path:
    return Path(platformdirs.user_cache_dir("otoscope", appauthor=False)) / "decoded"
