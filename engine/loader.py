"""Batches in order, prepared here or ahead of time in other processes: the same bytes either way."""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
from collections import deque
from concurrent.futures import Future, ProcessPoolExecutor
from typing import TYPE_CHECKING

from engine import catalog

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.knob import Settings
    from engine.tasks.task import Batch, Task

AHEAD = 3
"""Batches that wait for each process, so that none is idle while a slow one is made."""

_task: Task | None = None  # the task of a process of the pool; the parent's stays None


def training(task: Task, name: str, settings: Settings, size: int, seed: int, workers: int) -> Iterator[Batch]:
    """Training batches without end. Epoch e draws with `seed + e`, so that every epoch is augmented anew."""
    count = max(1, task.batches("train", size))
    if workers == 0:
        number = 0
        while True:
            yield task.batch("train", number % count, size, seed + number // count)
            number += 1
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, context, _start, (name, settings))
    waiting: deque[Future[Batch]] = deque()
    number = 0
    try:
        while True:
            while len(waiting) < AHEAD * workers:
                with _deaf():
                    waiting.append(pool.submit(_make, number % count, size, seed + number // count))
                number += 1
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@contextlib.contextmanager
def _deaf() -> Iterator[None]:
    """Processes that begin here do not hear Ctrl+C, from their first import on: their parent ends them."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start(name: str, settings: Settings) -> None:
    global _task
    _task = catalog.load("tasks", name).build(settings)


def _make(index: int, size: int, seed: int) -> Batch:
    assert _task is not None
    return _task.batch("train", index, size, seed)
