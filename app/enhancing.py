"""Enhancing: the chosen denoisers hear the processed sound, as long as somebody looks at it or hears it."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.audible import audible, fits, title
from app.compared import known
from app.probes import REST
from engine.events import Ended, Enhanced, Failed, Offer, Pictured
from engine.memo import Memo
from engine.trace import Key

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from app.wiring import Wiring
    from engine.clip import Clip
    from engine.events import Traced
    from engine.session import Session, State
    from engine.trace import Series

    Events = Generator[Any, Any, None]

SHOWN = "shown"
"""The network that is looked at, with the edits of its states, among the denoisers."""
WORKER, PICTURES = "denoise", "pictures"
OFFERS, COSTS = "which denoisers there are", "what denoisers cost"
PANEL = "denoise"
LANES = {
    "enhanced": "enhanced",
    "residual": "residual",
    "difference": "difference",
    "mask": "mask",
    "clean": "clean",
}
"""The lanes that show what denoisers make, and what each of them asks for."""
_SOON = 0.03
"""Seconds between two mixes while a knob is dragged: each is measured for its loudness before it is heard."""


def enhance(name: str, asked: tuple[Any, ...], memo: Memo) -> Events:
    """One denoiser on the processed sound; `asked`: the fields of an Asked behind its name, in order."""
    from engine import audition

    yield from audition.run(audition.Asked(name, *asked), memo)


def shown(asked: tuple[Any, ...], cleaned: Clip, mask: Series | None) -> Events:
    """What the network that is looked at has made of the processed sound."""
    from engine import audition

    yield from audition.shown(audition.Asked(SHOWN, *asked), cleaned, mask)


def picture(asked: tuple[Any, ...]) -> Events:
    """Spectrograms of what can be heard; `asked`: the fields of a Wanted, in order."""
    from engine import audition

    yield from audition.pictures(audition.Wanted(*asked))


def offer(files: tuple[str, ...]) -> Events:
    """What denoisers there are: those of the catalog, and these files."""
    from engine import audition

    yield from audition.offers(files)


def cost(files: tuple[str, ...]) -> Events:
    """What each of them costs, and what is not there."""
    from engine import audition

    yield from audition.costs(files)


def job(name: str) -> str:
    """What the work of a denoiser is called in the status bar."""
    return f"denoise by {name}"


class Enhancing:
    """Submits to a worker of its own. `looks(view)` says whether a view of that name can be seen."""

    def __init__(self, session: Session, wiring: Wiring, looks: Callable[[str], bool]) -> None:
        self.session, self.wiring, self.looks = session, wiring, looks
        self.on = False
        """Whether the number keys let these sounds be heard: in the workspace for it."""
        self._memo = Memo()
        self._asked: dict[str, tuple[str, object]] = {}
        """By denoiser, the sound that it was given last."""
        self._pictured: object = None
        self._rested = self._mixed = 0.0
        self._stale = self._listed = False
        session.on("traced", self._traced)
        session.on("clip", self._clip_changed)
        session.on("denoisers", self._chosen)
        session.on("network", self._network_changed)
        session.on("denoising", self._options_changed)
        wiring.on(Enhanced, self._take)
        wiring.on(Offer, self._offered)
        wiring.on(Pictured, lambda event: session.set("pictured", event))
        wiring.on(Ended, self._ended)
        wiring.on(Failed, self._failed)

    def tick(self) -> None:
        """Ask for what is looked at and not there yet."""
        state = self.session.state
        if self._stale and time.monotonic() - self._mixed > _SOON:
            self._mix()
        if state.traced is None or state.transport.live or not self._wanted(state):
            return
        self.list_offers()
        if state.denoisers is None or time.monotonic() < self._rested:
            return
        self._submit(state, state.traced)
        self._draw(self.session.state, state.traced)

    def switch(self, on: bool) -> None:
        """Whether the keys are for these sounds; else what is heard is one of the chain's own."""
        self.on = on
        self._tell()
        transport = self.session.state.transport
        if not on and ":" in transport.heard:
            self._hear("processed")

    def choose(self, name: str, on: bool) -> None:
        """Ask for a denoiser, or no longer."""
        self._forgive([name])
        asked = self.session.state.denoisers or ()
        kept = tuple(each for each in asked if each != name)
        self.session.set("denoisers", (*kept, name) if on else kept)

    def add(self, path: Path) -> None:
        """Ask for a denoiser that lies in a file."""
        name = str(path)
        self._show(Offer(name, path.stem))
        self._asked.pop(name, None)  # it may have been mended since
        self._listed = False
        self.choose(name, True)

    def match(self) -> None:
        """All sounds as loud as each other, or as loud as they are."""
        transport = self.session.state.transport
        self.session.set("transport", replace(transport, matched=not transport.matched))

    def retry(self, name: str) -> None:
        """Once more, after it was stopped."""
        self._asked.pop(name, None)

    # What is asked for.

    def _wanted(self, state: State) -> bool:
        return ":" in state.transport.heard or any(self.looks(each) for each in (PANEL, *LANES))

    def list_offers(self) -> None:
        """Look once what denoisers there are."""
        if not self._listed:
            self._listed = True
            self.wiring.submit(WORKER, OFFERS, offer, self._files(), doing="looking for denoisers")

    def _ended(self, event: Ended) -> None:
        """What they are called is known: the first of them begins, and what all of them cost is found out."""
        if event.job == OFFERS and not event.stopped:
            self.wiring.submit("background", COSTS, cost, self._files(), doing="looking for denoisers")

    def _files(self) -> tuple[str, ...]:
        return tuple(
            each for each in self.session.state.denoisers or () if Path(each).suffix or Path(each).is_dir()
        )

    def _submit(self, state: State, traced: Traced) -> None:
        there = {each.name: each.made.id if each.name == SHOWN else each.sound_id for each in state.enhanced}
        troubled = {each.name for each in state.offers if each.trouble}
        for name in [each for each in state.denoisers or () if each not in troubled]:
            given = (_heard_by(name, traced), traced.trace.clip_id)
            if not given[0] or there.get(name) == given[0] or self._asked.get(name) == given:
                continue
            self._asked[name] = given
            asked = (traced.sound, traced.trace.clip_id, traced.trace.start, state.denoising)
            if name == SHOWN:
                made = (traced.cleaned, traced.trace.series.get(Key("mask")))
                self.wiring.submit(WORKER, job(name), shown, asked, *made, doing="listening to the network")
                continue
            self.wiring.submit(WORKER, job(name), enhance, name, asked, self._memo, doing=f"denoising by {name}")

    def _draw(self, state: State, traced: Traced) -> None:
        """The pictures of what is there, once nothing of another sound is shown any more."""
        kinds = frozenset(part for lane, part in LANES.items() if self.looks(lane))
        if not kinds or state.picture is None or any(each.sound_id != traced.sound.id for each in state.enhanced):
            return
        noisy = next((traced.trace.series[key] for key in traced.trace.find("picture")), None)
        if noisy is None:
            return
        sounds = {}
        for each in state.enhanced:
            if kinds & {"enhanced", "difference"}:
                sounds[f"enhanced:{each.name}"] = each.sound
            if "residual" in kinds:
                sounds[f"residual:{each.name}"] = each.residual
        if "clean" in kinds and known(traced):
            sounds["clean"] = traced.clean
        wanted = (state.picture, noisy, sounds, state.enhanced, state.denoising, traced.trace.start, kinds)
        told = (state.picture, tuple(each.id for each in sounds.values()), kinds, state.denoising, state.enhanced)
        if told != self._pictured:
            self._pictured = told
            self.wiring.submit("inspect", PICTURES, picture, wanted, doing="drawing what denoisers made")

    # What came, and what changed.

    def _traced(self) -> None:
        """Another sound: what works on the one before is in vain; while a knob is dragged nothing begins."""
        traced = self.session.state.traced
        self._rested = time.monotonic() + (REST if self.session.state.enhanced else 0.0)
        if traced is None:
            self._forget()
            return
        for name, (sound, _) in list(self._asked.items()):
            if sound != _heard_by(name, traced):
                self._stop(name)
        if any(not fits(each, traced) for each in self.session.state.enhanced):
            self._forget()
        self._tell()

    def _clip_changed(self) -> None:
        if not self.wiring.relabelled:
            for name in list(self._asked):
                self._stop(name)
            self._forget()
            self._forgive(self.session.state.denoisers or ())

    def _network_changed(self) -> None:
        """The network that is looked at is one of the denoisers, where it has learnt to be one."""
        network, offers = self.session.state.network, self.session.state.offers
        others = tuple(each for each in offers if each.name != SHOWN)
        if network is not None and network.task == "denoise":
            self._show(Offer(SHOWN, "The network shown"))
        elif others != offers:
            self.session.set("offers", others)
            self.choose(SHOWN, False)

    def _forget(self) -> None:
        self.session.set("enhanced", ())
        self.session.set("pictured", None)
        self._pictured = None

    def _forgive(self, names: Sequence[str]) -> None:
        """These may try once more: the file may be mended, or the sound one that they can take."""
        for each in self.session.state.offers:
            if each.trouble and each.name in names:
                self._asked.pop(each.name, None)
                self._show(replace(each, trouble=""))

    def _stop(self, name: str) -> None:
        self._asked.pop(name, None)
        self.wiring.workers[WORKER].stop(job(name))

    def _chosen(self) -> None:
        wanted = self.session.state.denoisers or ()
        for name in [each for each in self._asked if each not in wanted]:
            self._stop(name)
        there = {each.name: each for each in self.session.state.enhanced}
        self.session.set("enhanced", tuple(there[name] for name in wanted if name in there))
        self._tell()
        if self.session.state.transport.heard.partition(":")[2] not in ("", *wanted):
            self._hear("processed")

    def _options_changed(self) -> None:
        self._stale = True

    def _mix(self) -> None:
        from engine import audition

        self._stale, self._mixed = False, time.monotonic()
        state = self.session.state
        if state.traced is None or state.denoising is None or not state.enhanced:
            return
        noisy, options = state.traced.sound, state.denoising
        mine = (each.sound_id == noisy.id for each in state.enhanced)
        made = (
            audition.mixed(each, noisy, options) if fits else each
            for each, fits in zip(state.enhanced, mine, strict=True)
        )
        self.session.set("enhanced", tuple(made))

    def _take(self, event: Enhanced) -> None:
        state = self.session.state
        if (
            state.traced is None
            or event.sound_id != state.traced.sound.id
            or event.name not in (state.denoisers or ())
        ):
            return
        there = {each.name: each for each in state.enhanced} | {event.name: event}
        self.session.set("enhanced", tuple(there[name] for name in state.denoisers or () if name in there))
        self._mix()  # the knobs may have been turned since

    def _offered(self, event: Offer) -> None:
        self._show(event)
        if self.session.state.denoisers is None and not event.trouble:
            self.session.set("denoisers", (event.name,))

    def _show(self, event: Offer) -> None:
        offers = self.session.state.offers
        known = next((each for each in offers if each.name == event.name), None)
        if event.trouble and self.session.state.transport.heard.partition(":")[2] == event.name:
            self._hear("processed")
        if known is not None and event.latency == -1.0 and not event.trouble and not known.trouble:
            return  # its costs are known
        if known is not None:
            self.session.set("offers", tuple(event if each.name == event.name else each for each in offers))
        else:
            self.session.set("offers", (*offers, event))
        self._tell()

    def _failed(self, event: Failed) -> None:
        for name in self.session.state.denoisers or ():
            if event.job == job(name):
                self._show(Offer(name, title(self.session.state, name), trouble=event.text))

    # What the keys are for.

    def _tell(self) -> None:
        self.session.set("audible", audible(self.session.state) if self.on else ())

    def _hear(self, name: str) -> None:
        self.session.set("transport", replace(self.session.state.transport, heard=name))


def _heard_by(name: str, traced: Traced) -> str:
    """What tells that a result is of this inspection: the noisy sound or, of the network shown, what it made."""
    if name == SHOWN:
        return traced.cleaned.id if traced.cleaned is not None else ""
    return traced.sound.id
