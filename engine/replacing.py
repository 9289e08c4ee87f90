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
def replacing(path: Path) -> Iterator[Path]:
    """The temporary place to write to. It becomes `path` where the block ends well, and goes where it does not.

    Raises OSError. What `path` held before stays until then.
    """
    # The process and the thread: two that write one file do not write into each other.
    part = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.part")
    try:
        yield part
        part.replace(path)
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
