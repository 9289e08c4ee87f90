"""The break-it map in the window: filled in the background for the denoiser and the clip that are shown."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from app import judging
from app.enhancing import job
from app.host import MUTE, hosted
from app.judging import span
from app.probes import REST
from engine.events import BreakMap
from engine.knob import Settings, knob

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from app.wiring import Wiring
    from engine.clip import Clip
    from engine.session import Session, State
    from engine.stages.stage import Link

WORKER, NAME, PANEL = "map", "break-it map", "breakmap"
NOISES, GAPS = "kinds of noise", "gaps"
METRICS = {"PESQ": "pesq_wb", "STOI": "stoi", "SI-SDR": "si_sdr", "DNSMOS": "dnsmos_ovrl"}
"""As they are chosen, and their names in the engine."""
STAGE = "noise"


@dataclass(frozen=True)
class Wish(Settings):
    """What a map is of."""

    metric: str = knob("PESQ", choices=tuple(METRICS), help="What the colours tell of each cell")
    against: str = knob(
        NOISES, choices=(NOISES, GAPS),
        help="The rows: kinds of noise, or masks of time: ever wider gaps in the noisy sound",
    )  # fmt: skip


def explore(clean: Clip, start: float, stop: float, denoiser: str, wish: Wish) -> Generator[Any, Any, None]:
    """The map, cell by cell, in a process of its own: PESQ holds the interpreter while it computes."""
    from engine import breaking, judging

    rows = breaking.GAPS if wish.against == GAPS else breaking.KINDS
    clip = judging.mono(clean, start, min(stop, start + breaking.LONGEST), clean.name)
    asked = breaking.Asked(clip, denoiser, METRICS[wish.metric], rows)
    yield from hosted(breaking.explore, asked, grace=MUTE)


class Breaking:
    """Submits to a worker of its own. `looks(view)` says whether a view of that name can be seen."""

    def __init__(self, session: Session, wiring: Wiring, looks: Callable[[str], bool]) -> None:
        self.session, self.wiring, self.looks = session, wiring, looks
        self._asked: tuple[Any, ...] = ()
        self._rested = 0.0
        session.set("breaking", Wish())
        session.on("traced", self._moved)
        session.on("denoisers", self._moved)
        session.on("enhanced", self._moved)
        session.on("transport", self._hold)
        session.on("clip", self._make_way)
        wiring.on(BreakMap, self._take)

    def tick(self) -> None:
        """Begin anew where another clip, denoiser or metric is looked at; rest where nobody looks."""
        state = self.session.state
        self._hold()
        if not self.looks(PANEL):
            self._stop()
            return
        if state.traced is None or time.monotonic() < self._rested or self._judged():
            return
        asked = self._wanted(state)
        if asked == self._asked:
            return
        self._stop()
        self._asked = asked
        self.session.set("breakmap", None)
        if asked:
            clean, wish = state.traced.clean, state.breaking
            name = asked[-2]
            self.wiring.submit(WORKER, NAME, explore, clean, *asked[1:3], name, wish, doing="the break-it map")

    def go(self, snr: float, kind: str) -> None:
        """Set the sliders: the SNR and, where it is one, the kind of noise; undone at once."""
        from engine import noises

        chain = self.session.state.chain
        changed = tuple(_turned(each, snr, kind if kind in noises.KINDS else "") for each in chain)
        if not any(each.stage == STAGE for each in chain):
            self.wiring.tell("There is no noise in this chain: reset the sound chain (Ctrl+R).", "warning")
        self.session.set("chain", changed)

    def _wanted(self, state: State) -> tuple[Any, ...]:
        """What the map of now is made of; empty where no denoiser is chosen."""
        assert state.traced is not None
        name = denoiser(state)
        return (state.traced.clean.id, *span(state), name, state.breaking) if name else ()

    def _take(self, event: BreakMap) -> None:
        if self._asked:
            self.session.set("breakmap", event)

    def _moved(self) -> None:
        self._rested = time.monotonic() + REST

    def _hold(self) -> None:
        """What sounds comes first, and the few numbers of what is on the screen."""
        transport, worker = self.session.state.transport, self.wiring.workers[WORKER]
        busy = transport.playing or transport.live or transport.recording or self._judged()
        if busy != worker.paused:
            worker.pause() if busy else worker.resume()

    def _judged(self) -> bool:
        """Whether the sound that is shown is being measured, or soon will be: its denoisers are at work."""
        measuring = bool(self.wiring.workers[judging.WORKER].has(judging.NAME))
        return measuring or any(each.startswith(job("")) for each in self.session.state.jobs)

    def _make_way(self) -> None:
        self._stop()
        self.session.set("breakmap", None)

    def _stop(self) -> None:
        if self._asked:
            self._asked = ()
            self.wiring.workers[WORKER].stop(NAME)


def denoiser(state: State) -> str:
    """The denoiser that is heard, else the one that was chosen first; empty for none."""
    chosen = state.denoisers or ()
    heard = state.transport.heard.partition(":")[2]
    return heard if heard in chosen else chosen[0] if chosen else ""


def _turned(link: Link, snr: float, kind: str) -> Link:
    if link.stage != STAGE:
        return link
    settings = link.settings.but(snr=snr, **({"kind": kind} if kind else {}))
    return replace(link, settings=settings, on=True)
