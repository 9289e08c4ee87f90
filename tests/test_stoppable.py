"""A call in a thread: its result, its error, and that it ends when nobody waits for it any more."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from engine import stoppable

if TYPE_CHECKING:
    from collections.abc import Callable, Generator


def test_what_it_returns_and_raises_is_passed_on() -> None:
    found, asked = [], threading.Event()

    def doubled(number: int, stopped: Callable[[], bool]) -> int:
        asked.wait(10)
        if number < 0:
            raise ValueError("less than nothing")
        return 2 * number

    def job() -> Generator[None, None, None]:
        found.append((yield from stoppable.run(doubled, 4)))

    for each in job():
        assert each is None
        asked.set()
    assert asked.is_set(), "nothing while it went on"
    assert found == [8]
    with pytest.raises(ValueError, match="less than nothing"):
        list(stoppable.run(doubled, -1))


def test_closed_it_is_told_and_its_end_waited_for() -> None:
    ended = []

    def long(stopped: Callable[[], bool]) -> None:
        while not stopped():
            time.sleep(0.001)
        ended.append(True)
        raise stoppable.Stopped

    steps = stoppable.run(long)
    for _ in range(3):
        assert next(steps) is None
    assert not ended
    steps.close()
    assert ended
