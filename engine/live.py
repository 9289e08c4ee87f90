"""Live inference: sound as it comes through the running chain and the NumPy stepper, a block at a time."""

from __future__ import annotations

import dataclasses
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import build, catalog, frontend
from engine.chunked import LATE, Chunked
from engine.events import Frames, Notice, Set
from engine.links import Chain, running
from engine.ngram import NgramError
from engine.running import Running
from engine.stages.stage import Format
from engine.stepper import NotLive
from engine.torched import stepping

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from numpy.typing import NDArray

    from engine import decoding
    from engine.beamed import Beamed
    from engine.network import Network
    from engine.stages.stage import Link
    from engine.stepper import Stepper
    from engine.torched import Torched

    Array = NDArray[np.float32]

EVERY = 0.008
"""Seconds between two Frames at the least: half of what a screen takes, so that little waits for the next one."""
NAP = 0.002
"""Seconds to sleep where too little sound has come."""
LEAST = 0.005
"""Seconds of sound that one step takes on, but for the last: a few samples cost as much time as these."""
MOST = 0.05
"""Seconds of sound that one step takes on, so that a step after a pause stays short."""


@dataclass(frozen=True, eq=False)
class Stream:
    """Live sound and what to do with it. `read()` gives the samples [n] since the last call, None at the end.

    `dropped()`, where given, counts the samples that the device lost. `chunked`: a network that runs backwards too
    hears windows of the last seconds, and answers late. `reading`: how text is searched, where that is live too.
    """

    chain: tuple[Link, ...]
    network: Network | None
    picture: Link | None
    rate: int
    read: Callable[[], Array | None]
    device: str = "cpu"
    dropped: Callable[[], int] | None = None
    chunked: bool = False
    reading: decoding.Settings | None = None


def live(stream: Stream) -> Generator[Frames | Notice | None, Any, None]:
    """Yields Frames, None while nothing is new, and Notices. Ends where `read` gives None.

    `Set("stream", {"chain": ..., "network": ..., "picture": ..., "reading": ...})` turns knobs while it runs: the
    sound goes on, and what has not changed keeps its state.

    A stage that needs the whole clip gives way to its running twin; raises StageError where it has none. A network
    that needs the future is left out with a Notice that says why.
    """
    chain, told = _open(stream)
    inlet, shown = _Inlet(stream), 0.0
    while told or not inlet.over:
        event: Frames | Notice | None = None
        if told:
            event = told.popleft()
        elif inlet.ready():
            chain.step(inlet.next(), inlet.over)
            now = time.perf_counter()
            if now - shown >= EVERY or inlet.over:
                shown = now
                event = dataclasses.replace(chain.frames(_lost(stream)), behind=inlet.behind)
        else:
            time.sleep(NAP)
        command = yield event
        if isinstance(command, Set) and command.key == "stream":
            stream = dataclasses.replace(stream, **command.value)
            later, more = _open(stream, chain)
            told.append(later.take_over(chain, _lost(stream)))
            told.extend(more)
            chain = later


class _Inlet:
    """The sound of a stream in pieces that are neither short nor long."""

    def __init__(self, stream: Stream) -> None:
        self._read = stream.read
        self._rate = stream.rate
        self._least, self._most = round(stream.rate * LEAST), round(stream.rate * MOST)
        self._heard: list[Array] = []
        self._waiting = deque[Any]()
        self._ended = self._flushed = False

    @property
    def over(self) -> bool:
        """Nothing comes any more: the last piece was given."""
        return self._flushed

    @property
    def behind(self) -> float:
        """Seconds of sound that has come and was not given yet."""
        return sum(map(len, self._waiting)) / self._rate

    def ready(self) -> bool:
        """Whether `next` has something to give: a piece, or the end."""
        block = self._read() if not self._ended else None
        if block is None:
            self._ended = True
        elif len(block):
            self._heard.append(block)
        if self._heard and (self._ended or sum(map(len, self._heard)) >= self._least):
            joined = np.concatenate(self._heard) if len(self._heard) > 1 else self._heard[0]
            self._waiting.extend(np.split(joined, range(self._most, len(joined), self._most)))
            self._heard.clear()
        return bool(self._waiting) or self._ended

    def next(self) -> Array | None:
        """The next piece, None where only the end is left."""
        piece: Array | None = self._waiting.popleft() if self._waiting else None
        self._flushed = self._ended and not self._waiting
        return piece


def _stepper(stream: Stream, network: Network, task: Any) -> Stepper | Chunked | Torched:
    """What runs the network on frames as they come. Raises NotLive."""
    if network.live or not stream.chunked:
        return stepping(network)
    return Chunked(network, Chain(task.frontend, Format(float(task.rate))).output.rate)


def _lost(stream: Stream) -> int:
    return stream.dropped() if stream.dropped is not None else 0


def _open(stream: Stream, before: Running | None = None) -> tuple[Running, deque[Any]]:
    """The running chain and what the user should know about it. Of the one before, an equal network is used on."""
    # How a stream differs from a clip goes by itself; what is wrong stays until it is closed.
    network, different, wrong = stream.network, [], []
    task = build.task_of(network) if network is not None else None
    stepper = None
    if network is not None:
        try:
            known = before is not None and before.network is network
            stepper = before.stepper if before is not None and known else _stepper(stream, network, task)
        except NotLive as reason:
            network, task = None, None
            wrong.append(str(reason))
    if isinstance(stepper, Chunked) and before is None:
        different.append(f"live: {stepper.network.name} hears windows of the sound and answers {LATE:.2f} s late")
    source = Format(float(stream.rate))
    fitted = frontend.fit(stream.chain, network, task.rate if task is not None else 0.0, source)
    links, badges = running(fitted.links, source)
    different += badges
    wrong += fitted.notes
    if not fitted.fits:
        network = stepper = task = None
    text, trouble = _written(stream, network, task)
    told = deque([Notice(each) for each in different] + [Notice(each, "warning") for each in [*wrong, *trouble]])
    return Running(links, source, stream.picture, network, stepper, task, text), told


def _written(stream: Stream, network: Network | None, task: Any) -> tuple[Beamed | None, list[str]]:
    """What a beam writes the text of a stream with, if that is asked for and the network reads by CTC; why not."""
    reading = stream.reading
    if network is None or reading is None or not reading.live or reading.search != "beam":
        return None, []
    from engine.beamed import Beamed

    tier = str(catalog.load("tasks", network.task).TIER)
    if tuple(task.vocabulary[:1]) != ("",):
        return None, []
    try:
        return Beamed(task, reading, tier), []
    except (NgramError, OSError) as error:
        return Beamed(task, reading.but(language="none"), tier), [str(error)]
