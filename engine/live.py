"""Live inference: sound as it comes through the running chain and the NumPy stepper, a block at a time."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import build, frontend
from engine.chain import picture as draw
from engine.events import Frames, Notice
from engine.links import Chain, role, running
from engine.probes.record import of, posterior
from engine.stages.stage import Format
from engine.stepper import NotLive, Stepper
from engine.trace import Key, Series
from engine.transcript import Transcript

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from numpy.typing import NDArray

    from engine.clip import Label
    from engine.network import Network
    from engine.stages.stage import Link

    Array = NDArray[np.float32]

EVERY = 0.016
"""Seconds between two Frames at the least: a screen shows no more."""
NAP = 0.002
"""Seconds to sleep where too little sound has come."""
LEAST = 0.005
"""Seconds of sound that one step takes on, but for the last: a few samples cost as much time as these."""
HUSH = 10 ** (-70 / 20)
"""A muted microphone gives zeros, which no network has learnt from: it hears a quiet room, of this amplitude."""
MOST = 0.05
"""Seconds of sound that one step takes on, so that a step after a pause stays short."""


@dataclass(frozen=True, eq=False)
class Stream:
    """Live sound and what to do with it. `read()` gives the samples [n] since the last call, None at the end.

    `dropped()`, where given, counts the samples that the device lost.
    """

    chain: tuple[Link, ...]
    network: Network | None
    picture: Link | None
    rate: int
    read: Callable[[], Array | None]
    device: str = "cpu"
    dropped: Callable[[], int] | None = None


def live(stream: Stream) -> Generator[Frames | Notice | None, Any, None]:
    """Yields Frames, None while nothing is new, and Notices. Ends where `read` gives None.

    A stage that needs the whole clip gives way to its running twin; raises StageError where it has none.
    A network that needs the future is left out with a Notice that says why.
    """
    chain, notices = _open(stream)
    for text in notices:
        yield Notice(text, "info" if text.startswith("live:") else "warning")
    waiting, heard, shown = deque[Any](), list[Any](), 0.0
    least, most = round(stream.rate * LEAST), round(stream.rate * MOST)
    ended = False
    while not ended or waiting:
        block = stream.read() if not ended else None
        if block is None:
            ended = True
        elif len(block):
            heard.append(block)
        if heard and (ended or sum(map(len, heard)) >= least):
            joined = np.concatenate(heard) if len(heard) > 1 else heard[0]
            waiting.extend(np.split(joined, range(most, len(joined), most)))
            heard.clear()
        if not waiting and not ended:
            time.sleep(NAP)
            yield None
            continue
        began = time.perf_counter()
        if waiting:
            chain.push(waiting.popleft())
        if ended and not waiting:
            chain.flush()
        chain.took += time.perf_counter() - began
        if time.perf_counter() - shown >= EVERY or (ended and not waiting):
            shown = time.perf_counter()
            yield chain.frames(stream.dropped() if stream.dropped is not None else 0)
        else:
            yield None


def _open(stream: Stream) -> tuple[_Running, list[str]]:
    """The running chain and what the user should know about it."""
    network, notices = stream.network, []
    task = build.task_of(network) if network is not None else None
    stepper = None
    if network is not None:
        try:
            stepper = Stepper(network)
        except NotLive as reason:
            network, task = None, None
            notices.append(str(reason))
    source = Format(float(stream.rate))
    fitted = frontend.fit(stream.chain, network, task.rate if task is not None else 0.0, source)
    links, badges = running(fitted.links, source)
    notices += [*fitted.notes, *badges]
    if not fitted.fits:
        stepper = task = None
    return _Running(links, source, stream.picture, stepper, task), notices


class _Running:
    """The parts of the chain with their state, and what they have made since the last Frames."""

    def __init__(
        self, links: Sequence[Link], source: Format, picture: Link | None, stepper: Stepper | None, task: Any
    ) -> None:
        roles = [role(link) for link in links]
        self.sound = Chain(
            [link for link, kind in zip(links, roles, strict=True) if kind in ("source", "sound")], source
        )
        rest = [link for link, kind in zip(links, roles, strict=True) if kind not in ("source", "sound")]
        form = self.sound.output
        self.features = Chain(rest, form) if rest else None
        self.picture = Chain(running((picture,), form)[0], form) if picture is not None else None
        self.range: tuple[float | None, float | None] = (None, None)
        if picture is not None:
            silence = draw(running((picture,), form)[0][0], np.zeros(1024, np.float32), round(form.rate))
            self.range = silence.low, silence.high
        self.stepper, self.text = stepper, Transcript(task) if task is not None else None
        self.took = 0.0
        self._hush = np.random.default_rng(0)
        self._samples: list[Array] = []
        self._columns: dict[Key, list[Array]] = {}
        self._counts: dict[Key | None, int] = {}

    def push(self, block: Array) -> None:
        """Samples [n] of the device through everything."""
        mono = np.asarray(block, np.float32).reshape(len(block), -1)[:, :1]
        if not mono.any():
            mono = self._hush.standard_normal(mono.shape, np.float32) * np.float32(HUSH)
        self._heard(self.sound.push(mono))

    def flush(self) -> None:
        self._heard(self.sound.flush())
        for key, chain in ((Key("picture"), self.picture), (Key("features"), self.features)):
            if chain is not None:
                self._made(key, chain.flush())

    def _heard(self, sound: Array) -> None:
        self._samples.append(sound[:, 0])
        if self.picture is not None:
            self._made(Key("picture"), self.picture.push(sound))
        if self.features is not None:
            self._made(Key("features"), self.features.push(sound))

    def _made(self, key: Key, columns: Array) -> None:
        self._columns.setdefault(key, []).append(columns)
        if key != Key("features") or self.stepper is None or not len(columns):
            return
        logits, values = self.stepper.push(columns)
        for name, value in values.items():
            self._columns.setdefault(name, []).append(value)
        self._columns.setdefault(Key("posterior"), []).append(posterior(logits))
        if self.text is not None and len(logits):
            self.text.add(logits)

    def frames(self, dropped: int) -> Frames:
        """What is new since the last call."""
        rate = self.sound.output.rate
        samples = np.concatenate(self._samples) if self._samples else np.zeros(0, np.float32)
        start = self._counted(None, len(samples)) / rate
        series = {}
        for key, parts in self._columns.items():
            values = np.concatenate(parts)
            if len(values):
                series[key] = self._series(key, values)
        self._samples, self._columns = [], {}
        text = self._text()
        took, self.took = self.took, 0.0
        return Frames(start, samples, MappingProxyType(series), text, took, dropped, rate)

    def _series(self, key: Key, values: Array) -> Series:
        done = self._counted(key, len(values))
        if key.name in ("picture", "features"):
            chain = self.picture if key.name == "picture" else self.features
            assert chain is not None
            form = chain.output
            hertz = form.rows if len(form.rows) == form.width else ()
            low, high = self.range if key.name == "picture" else (None, None)
            values.setflags(write=False)
            return Series(values, form.rate, form.first + done / form.rate, form.axis, hertz, low, high, form.unit)
        rate, first = self._clock()
        rows = self.text.vocabulary if key.name == "posterior" and self.text is not None else ()
        return of(key, values, rate, first + done / rate, rows)

    def _text(self) -> tuple[Label, ...]:
        if self.text is None:
            return ()
        rate, first = self._clock()
        return self.text.labels(rate, first)

    def _clock(self) -> tuple[float, float]:
        """Output frames a second, and the time of the first."""
        assert self.features is not None
        assert self.stepper is not None
        form, stride = self.features.output, self.stepper.stride
        return form.rate / stride, form.first + (stride - 1) / 2 / form.rate

    def _counted(self, key: Key | None, new: int) -> int:
        before = self._counts.get(key, 0)
        self._counts[key] = before + new
        return before
