"""Hearing: the live job, from a microphone, or a clip as if it were one, to what the network makes of it."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from engine.events import Notice, Set

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from engine.audio.take import Take
    from engine.clip import Clip


class Tap:
    """A recorder whose samples also go into a take, from `begin` until `clip` is asked for.

    The live job reads; the main thread begins and ends a take.
    """

    def __init__(self, recorder: Any) -> None:
        self.recorder = recorder
        self._take: Take | None = None
        self._followers: tuple[Callable[[NDArray[np.float32]], object], ...] = ()

    @property
    def trouble(self) -> str:
        """Why the take no longer goes to the disk; empty while it does."""
        take = self._take
        return take.error if take is not None else ""

    def read(self) -> NDArray[np.float32] | None:
        """float32 [n], what is new; None at the end of a clip, or when the device is gone."""
        block: NDArray[np.float32] = self.recorder.read()
        if len(block):
            self.told(block)
        over = not len(block) and (self.recorder.error or getattr(self.recorder, "ended", False))
        return None if over else block

    def told(self, block: NDArray[np.float32]) -> None:
        """Samples [n] have come: they go into the take, and to all who follow."""
        if (take := self._take) is not None:
            take.add(block)
        for each in self._followers:
            each(block)

    def follow(self, follower: Callable[[NDArray[np.float32]], object]) -> None:
        """Call `follower(samples)`, on the thread of the live job, for all that comes from now on."""
        self._followers = (*self._followers, follower)

    def leave(self, follower: Callable[[NDArray[np.float32]], object]) -> None:
        """Call it no more."""
        # A method is another object each time that it is asked for.
        self._followers = tuple(each for each in self._followers if each != follower)

    def begin(self, place: Path | None) -> None:
        """Record from now on, into the file `place`; without one into memory."""
        from engine.audio.take import Take

        self.end()
        self._take = Take(place, self.recorder.rate)

    def go_on(self, before: Tap) -> None:
        """Go on with the take of another tap, as with another microphone."""
        self._take, before._take = before._take, None

    @property
    def recording(self) -> bool:
        return self._take is not None

    def end(self) -> Clip | None:
        """The take, or None where nothing was recorded."""
        take, self._take = self._take, None
        return take.end() if take is not None else None


@dataclass(frozen=True, eq=False)
class Listens:
    """A recorder has started: from now on it has a level, and its last seconds can be kept."""

    tap: Tap


def hear(source: tuple[Any, ...], asked: tuple[Any, ...] | None) -> Generator[Any, Any, None]:
    """Start a recorder and pass on what the network makes of it, until closed.

    `source`: ("device", name or None, rate) or ("clip", clip, rate). `asked`: chain, network, picture, device,
    whether in windows, and how text is searched, of the live stream; or None to listen only.
    """
    from engine.audio.error import DeviceError
    from engine.audio.feed import Feed
    from engine.audio.record import Recorder

    kind, which, rate = source
    recorder = Feed(which, rate) if kind == "clip" else Recorder(which, rate)
    tap = Tap(recorder)
    try:
        recorder.start()
    except DeviceError as error:
        raise DeviceError(f"{error} Run > Live from the clip needs no microphone.") from error
    try:
        command = yield Listens(tap)
        if asked is None:
            while not recorder.error:
                tap.read()
                time.sleep(0.003)
                yield None
            yield Notice(recorder.error, "error")
        else:
            from engine import infer

            chain, network, picture, device, *more = asked
            stream = infer.Stream(
                chain, network, picture, recorder.rate, tap.read, device, lambda: recorder.dropped, *more
            )
            if isinstance(command, Set):
                stream = replace(stream, **command.value)
            yield from infer.live(stream)
            if recorder.error:
                yield Notice(recorder.error, "error")
    finally:
        recorder.stop()
