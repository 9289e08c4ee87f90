"""Jobs that tests run in a process of their own: they must be importable there."""

from __future__ import annotations

import os
import time
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import loader
from engine.events import Notice, Step

if TYPE_CHECKING:
    from pathlib import Path


def counting(count: int) -> Any:
    """Steps 1 to `count`, each with an array, this process's number, and the command that came before it."""
    command = None
    for number in range(1, count + 1):
        values: dict[str, Any] = {"weights": np.full((300, 400), number, np.float32)}
        command = yield Step(number, 0, float(os.getpid()), MappingProxyType(values | {"command": command}))


def arrays() -> tuple[Any, ...]:
    """Arrays of every kind that may lie otherwise in memory."""
    return (
        np.zeros((0, 3), np.float32),
        np.array(2.5),
        np.arange(12, dtype=np.int64).reshape(3, 4).T,
        np.arange(20, dtype=np.float32)[::2],
        np.arange(5_000_000, dtype=np.float32),
        np.zeros(0, np.int16),
    )


def mixed(count: int) -> Any:
    """Events with several arrays each, between others with none."""
    for number in range(count):
        yield Step(number, 0, 0.0, MappingProxyType({"arrays": arrays()}))  # type: ignore[dict-item]
        yield Notice(str(number))


def endless(kept: Path, pause: float = 0.001) -> Any:
    """Steps without end; writes how far it came when it is closed."""
    number = 0
    try:
        while True:
            number += 1
            time.sleep(pause)
            yield Step(number, 0, float(os.getpid()))
    finally:
        kept.write_text(str(number))


def leaving(late: Path) -> Any:
    """One step, then a wait for what a thread makes in twenty seconds."""
    yield Step(1, 0, float(os.getpid()))
    yield from loader.aside(later, late)


class Slow:
    """What takes so many seconds to arrive in the other process, as a first import may."""

    def __init__(self, late: Path, seconds: float = 20.0) -> None:
        self.late, self.seconds = late, seconds

    def __reduce__(self) -> Any:
        return _arrive, (self.late, self.seconds, os.getpid())


def _arrive(late: Path, seconds: float, sender: int) -> Slow:
    if os.getpid() != sender:
        later(late, seconds)
    return Slow(late, seconds)


def patient(_slow: Slow, count: int) -> Any:
    """`counting`, in a process that takes a while to begin."""
    yield from counting(count)


def idle(_slow: Slow) -> Any:
    while True:
        yield None


def later(late: Path, seconds: float = 20.0) -> None:
    time.sleep(seconds)
    late.write_text("too late")


def failing(error: Exception) -> Any:
    yield Notice("before")
    raise error


def unsendable(kept: Path) -> Any:
    """An event that is bound to its process."""
    try:
        yield lambda: None
    finally:
        kept.write_text("closed")


def deaf() -> Any:
    """One step that does not end."""
    yield Step(1, 0, float(os.getpid()))
    time.sleep(3600)


class Odd(Exception):
    """An error that cannot be sent from one process to another."""

    def __init__(self, one: str, two: str) -> None:
        super().__init__(f"{one} and {two}")


def odd() -> Any:
    yield None
    raise Odd("one", "two")
