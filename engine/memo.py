"""A memo: what stages have computed, least recently used out first."""

from __future__ import annotations

import contextlib
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator


class Memo:
    """Values by key, up to `limit` bytes. Owned by one worker; not for two threads.

    `runs` counts the stages that really ran, by name; `took` are the milliseconds that each part of the work took
    when it last ran.
    """

    def __init__(self, limit: int = 256 << 20) -> None:
        self.limit = limit
        self.runs: dict[str, int] = {}
        self.took: dict[str, float] = {}
        self._held: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._bytes = 0

    @property
    def held(self) -> int:
        """Bytes that all values take now."""
        return self._bytes

    def get(self, key: Hashable) -> Any:
        """What was put there, or None."""
        held = self._held.get(key)
        if held is None:
            return None
        self._held.move_to_end(key)
        return held[0]

    def put(self, key: Hashable, value: Any, size: int) -> None:
        """Keep `value`, which takes `size` bytes; one larger than the limit is not kept."""
        old = self._held.pop(key, None)
        self._bytes -= old[1] if old else 0
        if size > self.limit:
            return
        self._held[key] = (value, size)
        self._bytes += size
        while self._bytes > self.limit:
            _, (_, gone) = self._held.popitem(last=False)
            self._bytes -= gone

    @contextlib.contextmanager
    def timed(self, part: str) -> Iterator[None]:
        """What is done inside is a part of the work: how long it took is kept."""
        began = time.perf_counter()
        yield
        self.took[part] = 1e3 * (time.perf_counter() - began)

    def count(self, stage: str) -> None:
        self.runs[stage] = self.runs.get(stage, 0) + 1
