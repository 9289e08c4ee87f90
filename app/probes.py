"""Probes: what is asked of the states beyond drawing them, and asked again when knobs come to rest."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from engine.events import Decoded, Failed, Seam

if TYPE_CHECKING:
    from collections.abc import Generator

    from app.wiring import Wiring
    from engine.clip import Clip
    from engine.events import Traced
    from engine.memo import Memo
    from engine.network import Network
    from engine.session import Depth, Session, State
    from engine.stages.stage import Link

    Events = Generator[Any, Any, None]

REST = 0.25
"""Seconds without another inspection after which these begin: they stand in the way of no knob that is dragged."""
HEAR, SEAM = "hear the state", "seam test"


def hear(network: Network, traced: Traced, depth: Depth, memo: Memo) -> Events:
    """What a layer holds, as sound."""
    from engine.probes import decode

    yield from decode.hear(network, traced, depth, memo)


def test_seam(network: Network, chain: tuple[Link, ...], traced: Traced, clip: Clip) -> Events:
    """Where streaming and offline part."""
    from engine.probes import seam

    yield from seam.find(network, chain, traced, clip)


class Probes:
    """Submits to the worker `inspect`, and puts what comes into the session."""

    def __init__(self, session: Session, wiring: Wiring) -> None:
        self.session = session
        self.wiring = wiring
        self._due: dict[str, float] = {}
        session.on("traced", self._traced)
        session.on("depth", self._depth_changed)
        session.on("seaming", self._seaming_changed)
        for key in ("chain", "network", "picture", "clip"):
            session.on(key, self._make_way)
        wiring.on(Decoded, self._decoded)
        wiring.on(Seam, self._seamed)
        wiring.on(Failed, self._failed)

    def tick(self) -> None:
        """Submit what is due."""
        now = time.monotonic()
        for name in [name for name, when in self._due.items() if when <= now]:
            state = self.session.state
            if not self.wiring.ready or not self._seen(state):
                continue  # it comes with the next inspection
            del self._due[name]
            asked = (state.network, state.traced, state.depth) if name == HEAR else _of_seam(state)
            job, memo = (hear, (self.wiring.memo,)) if name == HEAR else (test_seam, ())
            self.wiring.submit("inspect", name, job, *asked, *memo, doing=name)

    @staticmethod
    def _seen(state: State) -> bool:
        """Whether what was inspected last is the clip and the network of now."""
        return (
            state.traced is not None
            and state.clip is not None
            and state.network is not None
            and not state.transport.live
            and state.traced.trace.clip_id == state.clip.id
            and state.traced.network_id == state.network.id
        )

    def _traced(self) -> None:
        """What was made of the inspection before is no longer so."""
        state = self.session.state
        if state.decoded is not None and not self._is_of(state.decoded):
            self.session.set("decoded", None)
        if state.seam is not None:
            self.session.set("seam", None)
        for name, wanted in ((HEAR, state.depth is not None), (SEAM, state.seaming)):
            if wanted:
                self._stop(name)
                self._due[name] = time.monotonic() + REST

    def _make_way(self) -> None:
        """Another inspection is wanted at once; these come after it."""
        for name in (HEAR, SEAM):
            self._stop(name)

    def _depth_changed(self) -> None:
        self._stop(HEAR)
        if self.session.state.depth is not None:
            self._due[HEAR] = 0.0

    def _seaming_changed(self) -> None:
        self._stop(SEAM)
        self.session.set("seam", None)
        if self.session.state.seaming:
            self._due[SEAM] = 0.0

    def _stop(self, name: str) -> None:
        self._due.pop(name, None)
        self.wiring.workers["inspect"].stop(name)

    def _is_of(self, found: Decoded | Seam) -> bool:
        state = self.session.state
        return (
            state.clip is not None
            and state.network is not None
            and (found.clip_id, found.network_id) == (state.clip.id, state.network.id)
        )

    def _decoded(self, event: Decoded) -> None:
        if self._is_of(event):
            self.session.set("decoded", event)

    def _seamed(self, event: Seam) -> None:
        if self.session.state.seaming and self._is_of(event):
            self.session.set("seam", event)
            self.wiring.tell(event.text, "warning" if event.spans else "info")

    def _failed(self, event: Failed) -> None:
        """What cannot be streamed has been told: the switch is off again."""
        if event.job == SEAM:
            self.session.set("seaming", False)


def _of_seam(state: State) -> tuple[Any, ...]:
    return state.network, state.chain, state.traced, state.clip
