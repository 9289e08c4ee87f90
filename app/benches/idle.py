"""What the program takes of a processor while nothing is asked of it: the window at rest, captions in silence."""

from __future__ import annotations

import collections
import os
import time
from typing import TYPE_CHECKING

import numpy as np

from app.bench import Figure

if TYPE_CHECKING:
    from collections.abc import Callable

EACH = 20.0
"""Seconds that each state lasts."""
REST, SILENCE = 5.0, 10.0
"""Per cent of one core at the most: of a window that only stands there, and of captions while nobody speaks."""
_RATE = 16_000


def measure() -> list[Figure]:
    """User and system time of this process, all its threads, over the clock."""
    return [
        Figure("window at rest, share of one core", 100 * _window(), "%", REST, note=f"{EACH:g} s, 1280 x 800"),
        Figure("captions in silence, share of one core", 100 * _captions(), "%", SILENCE, note=f"{EACH:g} s"),
    ]


def _window() -> float:
    """A window with a clip and a network that has drawn all there is to draw."""
    from PySide6.QtCore import QEventLoop, QTimer

    from app.shot import Shown

    with Shown(size=(1280, 800)) as window:
        loop = QEventLoop(window)  # as in the program: Qt itself waits for what comes
        QTimer.singleShot(round(1e3 * EACH), loop.quit)
        return share(loop.exec)


def _captions() -> float:
    """The recogniser that comes with the program, loaded and warm, beside a room in which nobody speaks."""
    from engine import recognising
    from engine.audio.feed import Feed
    from engine.captioning import Settings, Speech, caption
    from engine.clip import from_array

    reader = recognising.build()
    reader.read(np.zeros(_RATE, np.float32))
    room = np.random.default_rng(0).normal(0, 1e-3, round(EACH * _RATE)).astype(np.float32)
    feed = Feed(from_array(room, _RATE, "a quiet room"), _RATE)

    def read() -> np.ndarray | None:
        block = feed.read()
        return None if not len(block) and feed.ended else block

    feed.start()
    speech = Speech(read, _RATE, Settings(), recogniser=reader)
    return share(lambda: collections.deque(caption(speech), 0))


def share(run: Callable[[], object]) -> float:
    """Of one core that this process takes while something runs."""
    before, began = _spent(), time.perf_counter()
    run()
    return (_spent() - before) / (time.perf_counter() - began)


def _spent() -> float:
    times = os.times()
    return times.user + times.system
