"""Transcribing: the words of a sound that is there already, as if it came in real time or as fast as can be."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from engine.activity import RATE
from engine.captioner import Captioner
from engine.captioning import Inlet, Settings, read

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    import numpy as np
    from numpy.typing import NDArray

    from engine.captioner import Reading
    from engine.captions import Captions, Line
    from engine.pace import Pace
    from engine.recognisers.recogniser import Recogniser, Word

    Array = NDArray[np.float32]

BLOCK = 0.02
"""Seconds of a block, as a microphone gives them."""


Cost = Callable[[Callable[[], "tuple[Word, ...]"], float], "tuple[tuple[Word, ...], float]"]
"""Reads a stretch of so many seconds, and says how long that takes."""


def measured(read_it: Callable[[], tuple[Word, ...]], seconds: float) -> tuple[tuple[Word, ...], float]:
    """What was read, and how long that took by the clock on the wall."""
    began = time.perf_counter()
    return read_it(), time.perf_counter() - began


def at_once(read_it: Callable[[], tuple[Word, ...]], seconds: float) -> tuple[tuple[Word, ...], float]:
    """What was read, as if that took no time: the same words on every machine."""
    return read_it(), 0.0


def replay(
    blocks: Iterable[Array],
    rate: int,
    recogniser: Recogniser,
    settings: Settings | None = None,
    cost: Cost = at_once,
    pace: Pace | None = None,
    activity: Callable[[Array], Array] | None = None,
) -> Generator[Captions, None, None]:
    """The captions after each reading of mono sound that comes in blocks [n], and at the end, as in real time.

    `cost(read_it, seconds)` reads a stretch of so many seconds and says how long that takes: while it does, sound
    comes in, and what was read is there only after it, as in real time on a machine with a core for reading.
    `activity` tells speech from pauses, as Activity.push does, in its place.
    """
    settings = settings or Settings()
    player = _Player(recogniser, settings, cost, pace, activity)
    inlet = Inlet(rate, settings.denoiser)
    inlet.turn(settings.denoise)
    for block in blocks:
        for start in range(0, len(block), size := max(1, round(BLOCK * rate))):
            player.captioner.hear(inlet.push(block[start : start + size]))
            yield from player.work()
    player.captioner.hear(inlet.flush())
    player.captioner.flush()
    yield from player.work(to_the_end=True)
    yield player.captioner.captions()


def transcribe(
    blocks: Iterable[Array],
    rate: int,
    recogniser: Recogniser,
    settings: Settings | None = None,
    activity: Callable[[Array], Array] | None = None,
    told: Callable[[float], object] = lambda start: None,
) -> Generator[Line | float, None, None]:
    """The lines of mono sound that comes in blocks [n], each read once, at its end; and the seconds heard so far.

    Memory holds what is said between two pauses, or `longest` seconds of it, and no more. After each reading
    `told` hears where in the sound it began, in seconds: the recogniser knows then what it has to say of it.
    """
    settings = settings or Settings()
    captioner = Captioner(settings.interval, settings.pause, settings.longest, activity)
    captioner.partial = False
    inlet = Inlet(rate, settings.denoiser)
    inlet.turn(settings.denoise)
    for block in blocks:
        captioner.hear(inlet.push(block))
        yield from _finished(captioner, recogniser, told)
        yield captioner.heard
    captioner.hear(inlet.flush())
    captioner.flush()
    yield from _finished(captioner, recogniser, told)


def _finished(
    captioner: Captioner, recogniser: Recogniser, told: Callable[[float], object]
) -> Generator[Line, None, None]:
    while (reading := captioner.next()) is not None:
        captioner.take(reading, read(recogniser, reading))
        told(reading.start)
    yield from captioner.leave()


class _Player:
    """Reads, one reading at a time, each of which ends when the sound has come as far as it took."""

    def __init__(
        self, recogniser: Recogniser, settings: Settings, cost: Cost, pace: Pace | None, activity: Any
    ) -> None:
        self.captioner = Captioner(settings.interval, settings.pause, settings.longest, activity)
        self._recogniser, self._settings, self._cost, self._pace = recogniser, settings, cost, pace
        self._ready: tuple[Reading, tuple[Word, ...], float, float] | None = None

    def work(self, to_the_end: bool = False) -> Generator[Captions, None, None]:
        while True:
            if self._ready is not None:
                reading, words, took, ends = self._ready
                if self.captioner.heard < ends and not to_the_end:
                    return
                self._ready = None
                self._take(reading, words, took)
                yield self.captioner.captions()
            found = self.captioner.next()
            if found is None:
                return
            self._read(found)

    def _read(self, reading: Reading) -> None:
        words, took = self._cost(lambda: read(self._recogniser, reading), len(reading.sound) / RATE)
        self._ready = reading, words, took, self.captioner.heard + took

    def _take(self, reading: Reading, words: tuple[Word, ...], took: float) -> None:
        self.captioner.take(reading, words, took)
        if self._pace is not None:
            self._pace.add(took, self.captioner.heard, self.captioner.backlog)
            self.captioner.interval = self._settings.interval * self._pace.step.interval
            self.captioner.partial, self.captioner.note = self._pace.step.partial, self._pace.note
