"""Probes: what is asked of the states beyond drawing them, and asked again when knobs come to rest."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from app.wiring import INSPECTED
from engine.events import Decoded, Failed, Indexed, Recalled, Seam, Stored
from engine.session import Span
from widgets import axis

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

    from app.wiring import Wiring
    from engine.clip import Clip
    from engine.events import Match, Traced
    from engine.memo import Memo
    from engine.network import Network
    from engine.remembered import Index
    from engine.session import Depth, Session, State
    from engine.stages.stage import Link

    Events = Generator[Any, Any, None]

REST = 0.25
"""Seconds without another inspection after which these begin: they stand in the way of no knob that is dragged."""
HEAR, SEAM, RECALL = "hear the state", "seam test", "search by memory"
INDEX, STORED = "index", "what is stored"


def hear(network: Network, traced: Traced, depth: Depth, memo: Memo) -> Events:
    """What a layer holds, as sound."""
    from engine.probes import decode

    yield from decode.hear(network, traced, depth, memo)


def test_seam(network: Network, chain: tuple[Link, ...], traced: Traced, clip: Clip, memo: Memo) -> Events:
    """Where streaming and offline part."""
    from engine.probes import seam

    yield from seam.find(network, chain, traced, clip, memo)


def recall(traced: Traced, span: Span, layer: int, index: Index | None) -> Events:
    """Moments like that of a stretch."""
    from engine.probes import search

    yield from search.recall(traced, span, layer, index)


def index(network: Network, folder: Path) -> Events:
    """The states of a folder, to be searched."""
    from engine.probes import search

    yield from search.build(network, folder)


def stored(network: Network) -> Events:
    """For how long a network remembers what was said."""
    from engine.probes import probing

    yield from probing.probe(network)


class Probes:
    """Submits to the worker `inspect`, and puts what comes into the session. `open` is what opens a file."""

    def __init__(self, session: Session, wiring: Wiring, open_: Callable[[Path], None]) -> None:
        self.session = session
        self.wiring = wiring
        self.open = open_
        self._searched: Clip | None = None
        """The clip that was searched last: what was found in it may have no file."""
        self._opening: Path | None = None
        self._due: dict[str, float] = {}
        for key in ("depth", "seaming", "recalling", "selection", "index"):
            session.on(key, getattr(self, f"_{key}_changed"))
        session.on("traced", self._traced)
        for key in ("clip", *INSPECTED):
            session.on(key, self._make_way)
        wiring.on(Decoded, self._decoded)
        wiring.on(Recalled, self._recalled)
        wiring.on(Seam, self._seamed)
        wiring.on(Indexed, lambda event: session.set("index", event.index))
        wiring.on(Stored, lambda event: session.set("stored", event))
        wiring.on(Failed, self._failed)

    def index(self, folder: Path) -> None:
        """Search this folder too, by the network of now."""
        network = self.session.state.network
        self.wiring.submit("background", INDEX, index, network, folder, doing=f"indexing {folder.name}")

    def read(self) -> None:
        """Learn what is stored in the states of the network."""
        self.wiring.submit("background", STORED, stored, self.session.state.network, doing=STORED)

    def stop(self, name: str) -> bool:
        """Whether there was something to stop."""
        worker = self.wiring.workers["background"]
        there = worker.has(name)
        worker.stop(name)
        return there

    def tick(self) -> None:
        """Submit what is due; what was inspected has to be the clip and the network of now."""
        if self.session.state.visit is not None:
            self._visit()
        now, state = time.monotonic(), self.session.state
        for name in [name for name, when in self._due.items() if when <= now]:
            if self.wiring.ready and seen(state):
                del self._due[name]
                job, *asked = self._asked(name, state)
                self.wiring.submit("inspect", name, job, *asked, doing=name)

    def _asked(self, name: str, state: State) -> tuple[Any, ...]:
        if name == HEAR:
            return hear, state.network, state.traced, state.depth, self.wiring.memo
        if name == SEAM:
            return test_seam, state.network, state.chain, state.traced, state.clip, self.wiring.memo
        return recall, state.traced, state.selection, _layer(state), state.index

    def _wanted(self, name: str) -> bool:
        state = self.session.state
        recalls = state.recalling and state.selection is not None
        return {HEAR: state.depth is not None, SEAM: state.seaming, RECALL: recalls}[name]

    def _ask(self, name: str, rest: float = 0.0) -> None:
        """Anew, if it is wanted at all."""
        self._due.pop(name, None)
        self.wiring.workers["inspect"].stop(name)
        if self._wanted(name):
            self._due[name] = time.monotonic() + rest

    def _traced(self) -> None:
        """What was made of the inspection before is no longer so."""
        state = self.session.state
        if state.decoded is not None and not self._is_of(state.decoded):
            self.session.set("decoded", None)
        if state.recalled is not None and state.network is not None:
            self.session.set("recalled", state.recalled if state.recalled.network_id == state.network.id else None)
        self.session.set("seam", None)
        for name in (HEAR, SEAM, RECALL):
            self._ask(name, REST)

    def _make_way(self) -> None:
        """Another inspection is wanted at once; these come after it."""
        for name in (HEAR, SEAM, RECALL):
            self._due.pop(name, None)
            self.wiring.workers["inspect"].stop(name)

    def _depth_changed(self) -> None:
        self._ask(HEAR)

    def _seaming_changed(self) -> None:
        self.session.set("seam", None)
        self._ask(SEAM)

    def _recalling_changed(self) -> None:
        self._ask(RECALL)

    def _index_changed(self) -> None:
        self._ask(RECALL)

    def _selection_changed(self) -> None:
        """What was found stays: the selection goes when another of its clips is opened."""
        self._ask(RECALL, REST / 2)  # it is still being dragged

    def _is_of(self, found: Decoded | Seam | Recalled) -> bool:
        state = self.session.state
        ids = (state.clip.id if state.clip else "", state.network.id if state.network else "")
        return (found.clip_id, found.network_id) == ids

    def _decoded(self, event: Decoded) -> None:
        if self._is_of(event):
            self.session.set("decoded", event)

    def _recalled(self, event: Recalled) -> None:
        if self._is_of(event):
            self._searched = self.session.state.clip
            self.session.set("recalled", event)

    def _seamed(self, event: Seam) -> None:
        if self.session.state.seaming and self._is_of(event):
            self.session.set("seam", event)
            self.wiring.tell(event.text, "warning" if event.spans else "info")

    def _failed(self, event: Failed) -> None:
        """What cannot be streamed has been told: the switch is off again."""
        if event.job == SEAM:
            self.session.set("seaming", False)
        elif event.job == "open" and self._opening is not None:
            self._opening = None
            self.session.set("visit", None)

    def _visit(self) -> None:
        """Go to a moment and hear it, once its clip is there and that part of it is analysed."""
        state = self.session.state
        match, clip = state.visit, state.clip
        assert match is not None
        searched = self._searched.id if self._searched is not None else ""  # its labels may be others by now
        there = clip is not None and (clip.path == match.path if match.path is not None else clip.id == searched)
        if not there and match.path is None and self._searched is not None:
            self.session.set("clip", self._searched)
        elif not there and match.path is not None and self._opening != match.path:
            self._opening = match.path
            self.open(match.path)
        elif there and state.traced is not None and seen(state):
            self._opening = None
            self._arrive(match, state)

    def _arrive(self, match: Match, state: State) -> None:
        """Of a long clip, the cursor asks for the part that is to be analysed."""
        view, middle = state.view, (match.start + match.stop) / 2
        if not view.start <= middle <= view.stop:
            self.session.set("view", Span(*axis.moved(middle - view.seconds / 2, view.seconds, state.seconds)))
        self.session.set("cursor", replace(state.cursor, time=match.start))
        assert state.traced is not None
        if state.traced.trace.start <= match.start and match.stop <= max(state.traced.trace.stop, state.seconds):
            self.session.set("visit", None)
            self.session.set("moment", None)
            self.session.set("moment", Span(match.start, match.stop))


def seen(state: State) -> bool:
    """Whether what was inspected last is the clip and the network of now."""
    traced, clip, network = state.traced, state.clip, state.network
    if traced is None or clip is None or network is None or state.transport.live:
        return False
    return (traced.trace.clip_id, traced.network_id) == (clip.id, network.id)


def _layer(state: State) -> int:
    """The layer whose unit was clicked, else the last."""
    layers = [key.layer for key in state.traced.trace.find("h")] if state.traced is not None else []
    chosen = state.cursor.key.layer if state.cursor.key is not None else 0
    return chosen if chosen in layers else max(layers, default=1)
