"""Judging: metrics of all that can be compared, in a process of its own; and the local SNR of each moment."""

from __future__ import annotations

import time
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from app.compared import CLEAN, versions
from app.enhancing import PANEL as DENOISERS
from app.enhancing import job
from app.host import MUTE, hosted
from engine.events import Judged, LocalSnr

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from app.wiring import Wiring
    from engine.clip import Clip
    from engine.events import Cell, Column
    from engine.network import Network
    from engine.session import Session, State

    Events = Generator[Any, Any, None]
    Key = tuple[str, str, float, float, str]

WORKER, NAME, LOCAL = "measure", "quality", "local SNR"
PANEL, LANE = "quality", "snr"
REST = 1.0
"""Seconds for which all has stood still before it is measured without being asked for."""
COMING = 4.0
"""Seconds more for a denoiser that is to begin: all that is to be measured is measured in one go."""
CHEAP = 12.0
"""Seconds of sound up to which it is."""
LONGEST = 60.0
"""Seconds of a clip without a selection that are measured."""
_READERS = {"digit": "digits-gru-128"}
_KEPT = 64


@dataclass(frozen=True)
class Measured:
    """What was measured: the cells of one version under its key; fewer than columns where more is to come."""

    key: Key
    columns: tuple[Column, ...]
    cells: tuple[Cell, ...]

    @property
    def whole(self) -> bool:
        return len(self.cells) >= len(self.columns)


def measure(asked: tuple[Any, ...], keys: Mapping[str, Key]) -> Events:
    """Measure the versions that are asked for; `asked`: versions, clean, seconds from and to, network, device.

    PESQ holds the interpreter while it computes: it has one of its own.
    """
    from engine import judging

    found, clean, start, stop, network, device = asked
    cut = {name: judging.mono(clip, start, stop, name) for name, clip in found.items()}
    beside = judging.mono(clean, start, stop, CLEAN) if clean is not None else None
    for event in hosted(judging.judge, judging.Asked(cut, beside, network, device), grace=MUTE):
        yield Measured(keys[event.name], event.columns, event.cells) if isinstance(event, judging.Row) else event


def local(found: Mapping[str, Clip], clean: Clip, start: float, sound_id: str) -> Events:
    """The local SNR of each version."""
    from engine import judging
    from engine.measures import Unmeasurable

    mono = {name: judging.mono(clip, 0.0, clip.seconds, name) for name, clip in found.items()}
    try:
        series = judging.local(mono, judging.mono(clean, 0.0, clean.seconds, CLEAN), start)
    except Unmeasurable:
        series = {}
    yield LocalSnr(sound_id, tuple(each.id for each in found.values()), MappingProxyType(dict(series)))


class Judging:
    """Submits to a worker of its own. `looks(view)` says whether a view of that name can be seen."""

    def __init__(self, session: Session, wiring: Wiring, looks: Callable[[str], bool]) -> None:
        self.session, self.wiring, self.looks = session, wiring, looks
        self._known: dict[Key, Measured] = {}
        """What was measured once is shown again when it is wanted."""
        self._partly: dict[Key, Measured] = {}
        """What is shown until the rest is measured too."""
        self._keys: dict[str, Key] = {}
        """Of the versions that are wanted now."""
        self._pending: tuple[Key, ...] = ()
        """What is being measured, or could not be."""
        self._local: tuple[str, ...] = ()
        self._rested = 0.0
        for key in ("traced", "enhanced", "selection", "network"):
            session.on(key, self._moved)
        session.on("clip", self._make_way)
        wiring.on(Measured, self._take)
        wiring.on(LocalSnr, lambda event: session.set("local_snr", event))

    def tick(self) -> None:
        """Measure what is looked at and cheap, once all has stood still; show what is known of the rest."""
        state = self.session.state
        if state.traced is None or state.transport.live or time.monotonic() < self._rested:
            return
        if self.looks(LANE):
            self._ask_local(state)
        if self.looks(PANEL) and not state.transport.playing:
            self._measure(state, cheap=True)

    def ask(self) -> None:
        """Measure all that can be compared, however long it takes."""
        state = self.session.state
        if state.traced is None:
            self.wiring.tell("There is nothing to measure yet: open a recording first.", "warning")
        else:
            self._pending = ()
            self._measure(state, cheap=False)

    def _measure(self, state: State, cheap: bool) -> None:
        found, (start, stop), reader = versions(state), span(state), recogniser(state)
        clean = found.get(CLEAN)
        who = reader if isinstance(reader, str) else reader.id if reader is not None else ""
        terms = clean.id if clean is not None else "", start, stop, who
        keys = {name: (clip.id, *terms) for name, clip in found.items()}
        if keys != self._keys:
            self._keys = keys
            self._show()
        missing = {name: clip for name, clip in found.items() if keys[name] not in self._known}
        wanted = tuple(keys[name] for name in missing)
        if not missing or wanted == self._pending or (cheap and (stop - start > CHEAP or self._waits(state))):
            return
        self._pending = wanted
        asked = (missing, clean, start, stop, reader, state.device)
        self.wiring.submit(WORKER, NAME, measure, asked, keys, doing="measuring quality")

    def _waits(self, state: State) -> bool:
        """Whether what is under way comes first: a denoiser makes another version, or versions that are still
        wanted are being measured. To begin anew for each that comes would lose what has been done.
        """
        if self._comes(state) and time.monotonic() < self._rested + COMING:
            return True
        being = self.wiring.workers[WORKER].has(NAME) and bool(self._pending)
        wanted = set(self._keys.values())
        return any(each.startswith(job("")) for each in state.jobs) or (being and wanted.issuperset(self._pending))

    def _comes(self, state: State) -> bool:
        """Whether a denoiser that was chosen has made nothing of this sound yet."""
        assert state.traced is not None
        made = {each.name for each in state.enhanced if each.sound_id == state.traced.sound.id}
        made |= {each.name for each in state.offers if each.trouble}
        return self.looks(DENOISERS) and not (state.denoisers is not None and made.issuperset(state.denoisers))

    def _ask_local(self, state: State) -> None:
        assert state.traced is not None
        found = versions(state)
        ids, traced = tuple(each.id for each in found.values()), state.traced
        if ids == self._local:
            return
        self._local = ids
        if CLEAN not in found:
            self.session.set("local_snr", LocalSnr(traced.sound.id, ids, MappingProxyType({})))
        else:
            asked = (found, found[CLEAN], traced.trace.start, traced.sound.id)
            self.wiring.submit(WORKER, LOCAL, local, *asked, doing="the local SNR")

    def _take(self, event: Measured) -> None:
        if not event.whole:
            self._partly[event.key] = event
            self._show()
            return
        self._partly.pop(event.key, None)
        self._known[event.key] = event
        self._pending = tuple(each for each in self._pending if each != event.key)
        if len(self._known) > _KEPT:
            del self._known[next(iter(self._known))]
        self._show()

    def _show(self) -> None:
        """The table of the versions that are wanted, as far as it is known."""
        traced = self.session.state.traced
        found = self._partly | self._known
        there = {name: found[key] for name, key in self._keys.items() if key in found}
        if traced is None or not self._keys:
            return
        start, stop = next(iter(self._keys.values()))[2:4]
        columns = max((each.columns for each in there.values()), key=len, default=())
        rows = {name: each.cells for name, each in there.items()}
        ids = {name: key[0] for name, key in self._keys.items()}
        judged = Judged(traced.sound.id, start, stop, columns, MappingProxyType(rows), MappingProxyType(ids))
        self.session.set("judged", judged)

    def _moved(self) -> None:
        self._rested = time.monotonic() + REST

    def _make_way(self) -> None:
        """Another clip: what was asked of the one before is in vain."""
        for name in (NAME, LOCAL):
            self.wiring.workers[WORKER].stop(name)
        self._keys, self._pending, self._local = {}, (), ()
        self._partly.clear()
        self.session.set("judged", None)
        self.session.set("local_snr", None)


def span(state: State) -> tuple[float, float]:
    """What is measured, in seconds of the processed sound: the selection, or as much as can be measured."""
    traced = state.traced
    assert traced is not None
    if state.selection is None:
        return 0.0, min(traced.sound.seconds, LONGEST)
    ends = ((each - traced.trace.start) * traced.scale for each in (state.selection.start, state.selection.stop))
    start, stop = (min(max(each, 0.0), traced.sound.seconds) for each in ends)
    return start, stop


def recogniser(state: State) -> Network | str | None:
    """Who reads what is spoken: the network that is shown, where labels say what it should read; else a bundled
    one that can; None where nothing is labelled.
    """
    from engine import catalog

    tiers = {each.tier for each in state.traced.sound.labels} if state.traced is not None else set()
    network = state.network
    if network is not None and network.task in catalog.names("tasks"):
        if getattr(catalog.load("tasks", network.task), "TIER", None) in tiers:
            return network
    return next((name for tier, name in _READERS.items() if tier in tiers), None)
