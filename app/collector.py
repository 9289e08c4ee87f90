"""Python's garbage collector, kept from stalling the window.

It looks through all objects that may form rings, once as many have come as a quarter of those that stay. With
torch imported that takes over 100 ms, and the window stands still. So what is there then is set aside and never
looked through again; and later what has stayed, whenever looking took LONG. Rings among what was set aside are
not freed any more: most are the modules of libraries and the record of a training, which stay anyway. What is in
no ring is freed as ever.
"""

from __future__ import annotations

import gc
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

LONG = 0.015
"""Seconds of a collection after which what it looked through is set aside."""


class Collector:
    """Watches the collections until it is closed, from any thread: they hold all of them."""

    def __init__(self) -> None:
        self._began = 0.0
        gc.callbacks.append(self._watch)

    def spare(self) -> None:
        """Set aside what there is now, as after the libraries are imported."""
        gc.freeze()

    def close(self) -> None:
        """Collect as usual again."""
        gc.callbacks.remove(self._watch)
        gc.unfreeze()

    def _watch(self, phase: str, info: Mapping[str, Any]) -> None:
        if phase == "start":
            self._began = time.perf_counter()
        elif info["generation"] == 2 and time.perf_counter() - self._began > LONG:
            gc.freeze()
