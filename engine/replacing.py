"""Files that are seen whole or not at all: written to a temporary name beside their place, then renamed."""

from __future__ import annotations

import contextlib
import os
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextlib.contextmanager
def replacing(path: Path, durable: bool = False) -> Iterator[Path]:
    """The temporary place to write to. It becomes `path` where the block ends well, and goes where it does not.

    Raises OSError. What `path` held before stays until then; a `durable` one outlives a cut of power too, for it
    is on the disk before it is renamed.
    """
    # The process and the thread: two that write one file do not write into each other.
    part = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.part")
    try:
        part.touch()
        mode = part.stat().st_mode
        yield part
        if part.stat().st_mode != mode:  # some writers make it for this user alone; others share runs and sessions
            part.chmod(mode)
        if durable:
            settle(part)
        part.replace(path)
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def settle(path: Path) -> None:
    """Wait until the disk holds what was written to a file. Raises OSError."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())
