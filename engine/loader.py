"""Batches in order, prepared in a thread or ahead of time in other processes: the same bytes either way.

Making a batch, or the first import of what trains, may take seconds and cannot be broken off. It is done aside:
who waits is asked ten times a second whether to go on, and what is not wanted any more ends by itself, unheard.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections import deque
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor, wait
from multiprocessing import util
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import threadpoolctl

from engine import catalog
from engine.bucket import dealt

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from engine.knob import Settings
    from engine.tasks.task import Batch, Task

AHEAD = 3
"""Batches that wait for each process, so that none is idle while a slow one is made."""

LOOK = 0.1
"""Seconds between two looks whether something is ready."""

QUICK = 0.03
"""Seconds of a batch that is not worth a thread: on a busy machine its first and last word may wait for long."""

T = TypeVar("T")

_task: Task | None = None  # the task of a process of the pool; the parent's stays None


def aside(
    function: Callable[..., T], *arguments: Any, told: Callable[[Any], object] = lambda _: None
) -> Generator[None, Any, T]:
    """What a call in a thread of its own returns or raises; yields None until it is there.

    What is sent in meanwhile goes to `told`.
    """
    pool = ThreadPoolExecutor(1, "otoscope-aside")
    try:
        return (yield from _ready(pool.submit(function, *arguments), told))
    finally:
        pool.shutdown(wait=False)


def training(
    task: Task, name: str, settings: Settings, size: int, seed: int, workers: int, first: int = 0, bucket: int = 1
) -> Generator[Batch | None, None, None]:
    """Training batches without end from the `first` on, and None while one is not ready.

    Epoch e draws with `seed + e`, so that every epoch is augmented anew. With a `bucket`, so many batches of an
    epoch are made together, and their items dealt out by length.
    """
    count = max(1, task.batches("train", size))
    begin = first - first % count % bucket
    made = _made(task, name, settings, size, seed, workers, count, begin)
    if bucket == 1:
        yield from made
        return
    number = begin
    with contextlib.closing(made):
        while True:
            epoch, place = divmod(number, count)
            batches: list[Batch] = []
            while len(batches) < min(bucket, count - place):
                batch = next(made)
                if batch is None:
                    yield None
                else:
                    batches.append(batch)
            for batch in dealt(batches, [seed + epoch, place]):
                if number >= first:
                    yield batch
                number += 1


def _made(
    task: Task, name: str, settings: Settings, size: int, seed: int, workers: int, count: int, first: int
) -> Generator[Batch | None, None, None]:
    """As the task makes them, `count` an epoch."""
    number = first
    if workers == 0:
        yield from _one_by_one(task, size, seed, count, first)
        return
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, context, _start, (name, settings))
    waiting: deque[Future[Batch]] = deque()
    try:
        while True:
            while len(waiting) < AHEAD * workers:
                with deaf():
                    waiting.append(pool.submit(_make, number % count, size, seed + number // count))
                number += 1
            yield (yield from _ready(waiting.popleft()))
    finally:
        _end(pool)


def _one_by_one(task: Task, size: int, seed: int, count: int, first: int) -> Generator[Batch | None, None, None]:
    """Each batch is made when it is asked for: aside, or right here while the last one was QUICK."""
    thread, took = ThreadPoolExecutor(1, "otoscope-aside"), math.inf
    try:
        for number in itertools.count(first):
            asked, began = ("train", number % count, size, seed + number // count), time.perf_counter()
            quick = took < QUICK
            batch = task.batch(*asked) if quick else (yield from _ready(thread.submit(task.batch, *asked)))
            took = time.perf_counter() - began
            yield batch
    finally:
        thread.shutdown(wait=False)


def _end(pool: ProcessPoolExecutor) -> None:
    """End the processes at once, also one that is at work: before Python 3.14 nothing public does that."""
    processes, results = list((pool._processes or {}).values()), pool._result_queue
    thread: Any = pool._executor_manager_thread
    pool.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        process.terminate()
    # One that ended while it sent a batch leaves the pool's thread reading for ever, but for the end of the pipe.
    results._writer.close()  # type: ignore[attr-defined] # the standard library declares no end of a queue
    if thread is not None:
        thread.join(1.0)  # else the end of the program may meet it while it closes its pipes, and say so


def _ready(future: Future[T], told: Callable[[Any], object] = lambda _: None) -> Generator[None, Any, T]:
    while not future.done():
        told((yield None))
        wait([future], LOOK)
    return future.result()


@contextlib.contextmanager
def deaf() -> Iterator[None]:
    """Processes that begin here do not hear Ctrl+C, from their first import on: their parent ends them."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()  # where the first process begins it, that lets the signal through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def leave(code: int) -> NoReturn:
    """End this process at once with a code, whatever its threads still do.

    Semaphores of pools have names in the system until what made them is torn down, which this leaves out: they are
    given back first, as Python would say at their end that they leaked.
    """
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:  # a program without a console has none
            stream.flush()
    util._run_finalizers(0)  # type: ignore[attr-defined] # nothing public gives them back but a whole exit
    os._exit(code)


def _start(name: str, settings: Settings) -> None:
    global _task
    threading.Thread(target=_follow, daemon=True).start()
    # Beside a training, two threads of NumPy's wait for each other: a product of 0.2 ms took 6.
    threadpoolctl.threadpool_limits(limits=1, user_api="blas")
    _task = catalog.load("tasks", name).build(settings)


def _follow() -> None:
    """End with the process that wants the batches: one that was killed could not say so, and none would come."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _make(index: int, size: int, seed: int) -> Batch:
    assert _task is not None
    return _task.batch("train", index, size, seed)
