"""Stoppable: a long call in a thread of its own, which a job waits for and can break off."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

LOOK = 0.02
"""Seconds between two looks whether it is done."""

T = TypeVar("T")


class Stopped(Exception):
    """Nobody waits for it any more."""


def never() -> bool:
    return False


def run(function: Callable[..., T], *arguments: Any) -> Generator[None, Any, T]:
    """What `function(*arguments, stopped=...)` returns or raises; yields None until it is there.

    Closed before, `stopped()` is True, and the call is waited for, which should look at it often: what it works on
    belongs to nobody else till then.
    """
    over = threading.Event()
    with ThreadPoolExecutor(1, "otoscope-stoppable") as pool:
        future = pool.submit(function, *arguments, stopped=over.is_set)
        try:
            while not future.done():
                yield None
                wait([future], LOOK)
        finally:
            over.set()
    return future.result()
