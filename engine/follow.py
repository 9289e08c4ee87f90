"""Following a run that is written elsewhere: what its folder has told, and what it tells from now on."""

from __future__ import annotations

import time
import tomllib
from typing import TYPE_CHECKING, Any

from engine import checkpoint, metrics, snapshots
from engine.events import Began, Notice, Snapshot
from engine.run import RunError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from engine.network import Network

    Events = Generator[Any, Any, None]

LOOK = 0.2
"""Seconds between two looks at the metrics."""
LOOK_SNAPSHOT = 1.0
"""The same for the newest snapshot, which may be large, and far away."""
_CHUNK = 1 << 20  # bytes that are read at once
_KNOWN = 64  # bytes before the place that was read to, by which it is known again


def past(run: Path) -> Iterator[Any]:
    """What a run has told so far: Began, then Step, Evaluated, Changed and Halted. Raises RunError.

    Lines that are damaged, or break off, are left out.
    """
    yield from _rest(_Tail(run))


def follow(run: Path) -> Events:
    """The same, then what it tells while it goes on, a Snapshot of the newest network, or None.

    A run that was cut back begins anew, with its Began. Raises RunError where the folder holds none at first; one
    that vanishes later is waited for.
    """
    tail, newest, gone = _Tail(run), _Newest(run), False
    yield from _rest(tail)
    looked = 0.0
    while True:
        if time.monotonic() - looked >= LOOK_SNAPSHOT:
            snapshot, looked = newest.look(), time.monotonic()
            yield snapshot
        try:
            events = tail.read()
            if gone:
                gone = False
                yield Notice(f"{run} is there again.")
        except RunError as error:
            events = None
            if not gone:
                gone = True
                yield Notice(f"{error}. It is looked for until it comes back.", "warning")
        for event in events or ():  # noqa: UP028 a list cannot be sent to, as a worker may do
            yield event
        if events is None:
            time.sleep(LOOK)
            yield None


def _rest(tail: _Tail) -> Iterator[Any]:
    while (events := tail.read()) is not None:
        for event in events:  # noqa: UP028 as above
            yield event


class _Tail:
    """Reads what was added to the metrics of a run."""

    def __init__(self, run: Path) -> None:
        self.run = run
        self._place, self._known, self._recipe = 0, b"", ""
        self._begun = False

    def read(self) -> list[Any] | None:
        """The events of the next lines, None where nothing came. Raises RunError where there is no run."""
        try:
            if not self._recipe:
                self._recipe = (self.run / "recipe.toml").read_text(encoding="utf-8")
            said = self._lines()
        except (OSError, UnicodeDecodeError) as error:
            reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
            raise RunError(
                f"{self.run} holds no run that can be read ({reason}); choose a folder with recipe.toml and "
                f"{metrics.NAME} in it"
            ) from error
        if not said:
            return None
        found = [metrics.event(line, self.run, self._recipe) for line in said.split(b"\n")]
        events: list[Any] = [event for event in found if event is not None]
        if events and not self._begun:
            self._begun = True
            if not isinstance(events[0], Began):
                events.insert(0, Began(self.run.name, self._recipe, _total(self._recipe), self.run))
        return events

    def _lines(self) -> bytes:
        """Whole lines. Where the file is another, or was cut, those from its beginning."""
        with (self.run / metrics.NAME).open("rb") as file:
            file.seek(self._place - len(self._known))
            if file.read(len(self._known)) != self._known:
                self._place, self._known, self._begun = 0, b"", False
                file.seek(0)
            said = file.read(_CHUNK)
        if len(said) < _CHUNK or b"\n" in said:  # else it is a line that no run has written: it is passed over
            said = said[: said.rfind(b"\n") + 1]
        self._place += len(said)
        self._known = (self._known + said)[-_KNOWN:]
        return said


class _Newest:
    """Finds the newest network of a run."""

    def __init__(self, run: Path) -> None:
        self.run = run
        self._seen: tuple[Any, ...] | None = None

    def look(self) -> Snapshot | None:
        """It, if it has changed; what is still being copied comes later."""
        kept = snapshots.steps(self.run)
        last = self.run / f"last{checkpoint.SUFFIX}"
        path = snapshots.path(self.run, kept[-1]) if kept else last
        try:
            status = path.stat()
            seen = path, status.st_mtime_ns, status.st_size
            if seen == self._seen:
                return None
            network = checkpoint.load(path)
        except (OSError, checkpoint.CheckpointError):
            return None
        self._seen = seen
        return Snapshot(_step(network, kept), network, kept)


def _step(network: Network, kept: tuple[int, ...]) -> int:
    step = kept[-1] if kept else network.metrics.get("step")
    return step if isinstance(step, int) else 0


def _total(recipe: str) -> int:
    """The steps a recipe asks for; 0 where it does not say."""
    try:
        return int(tomllib.loads(recipe)["train"]["steps"])
    except (ValueError, LookupError, TypeError):
        return 0
