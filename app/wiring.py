"""The wiring: a change of the session submits a job; what jobs yield goes into the session, once a tick."""

from __future__ import annotations

import logging
import sys
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from app import jobs
from app.chronicle import TOLD, Chronicle
from app.worker import Report, Worker
from engine import events, pipeline
from engine.frames import joined
from engine.links import role
from engine.memo import Memo
from engine.session import Span
from engine.trace import LONGEST

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.session import Session

log = logging.getLogger(__name__)

WHOLE = 30.0
"""Seconds up to which a clip is inspected whole; of a longer one, what is seen and a margin."""
AHEAD = 4.0
"""Seconds before the end of what is inspected at which the cursor asks for more."""
NAMES = (
    *("live", "inspect", "background", "denoise", "measure", "map", "train", "keep", "captions", "beside"),
    "transcribe",
)
INSPECTED = ("chain", "picture", "network", "device", "edits", "bypassed")
"""What an inspection is made of, beside the clip: a change of any asks for another."""


class Wiring:
    """Owns the workers. `on(kind, handler)` adds what is done with a kind of event; `tick` hands events out."""

    def __init__(self, session: Session) -> None:
        # Threads hand the interpreter over 25 times as often as usual, so that painting need not wait for work.
        sys.setswitchinterval(0.0002)
        self.session = session
        self.workers = {name: Worker(name) for name in NAMES}
        self.workers["inspect"].until_shown = events.Traced
        self.ready = False
        self._named: dict[str, str] = {}  # devices in words
        self.memo = Memo()
        """What the jobs of the worker `inspect` keep; no other may use it."""
        self._frames: list[events.Frames] = []
        self._chronicle = Chronicle(session)
        self._asked: Span | None = None
        self._source = session.state.clip.source if session.state.clip is not None else None
        self.relabelled = False
        """Whether the last change of the clip was one of its labels alone."""
        self._owed = False
        """Whether the clip has to be inspected when the live view ends."""
        self.shown = False
        """Whether an inspection came at the last tick: it is painted before the next one."""
        self.heard = False
        """Whether something live came at the last tick."""
        self._said: dict[str, str] = {}
        self._failed: dict[str, events.Notice | None] = {}
        """What was told of the last failure of a job, by its name."""
        self._handlers: dict[type, Callable[[Any], None]] = {
            events.Opened: lambda event: session.set("clip", event.clip),
            events.Peaked: lambda event: session.set("peaks", MappingProxyType({event.clip_id: event.peaks})),
            events.Traced: self._traced,
            events.Frames: self._frames.append,
            **dict.fromkeys(TOLD, self._chronicle.take),
            events.Notice: lambda event: session.set("notice", event),
            events.Failed: lambda event: self.tell(event.text, "error"),
            jobs.Ready: self._ready,
            jobs.Loaded: lambda event: session.set("network", event.network, event.merge),
        }
        self._more: dict[type, list[Callable[[Any], None]]] = {}
        session.on("clip", self._clip_changed)
        session.on("view", self._view_changed)
        session.on("cursor", self._cursor_moved)
        session.on("transport", self._transport_changed)
        session.on("device", self._show_device)
        for key in INSPECTED:
            session.on(key, self.inspect)

    def on(self, kind: type, handler: Callable[[Any], None]) -> None:
        """Call `handler(event)` for every event of a kind, after what is done with it already."""
        self._more.setdefault(kind, []).append(handler)

    def submit(self, worker: str, name: str, function: Any, *arguments: Any, doing: str = "") -> None:
        self.workers[worker].submit(name, function, *arguments, doing=doing)

    def tell(self, text: str, level: str = "info") -> None:
        """Show a message above the lanes."""
        self.session.set("notice", events.Notice(text, level))

    def status(self, **facts: Any) -> None:
        """Facts for the status bar."""
        self.session.set("status", MappingProxyType({**self.session.state.status, **facts}))

    def inspect(self) -> None:
        """Submit the state as it is now; what waits is replaced. Live, what is heard is shown: the clip waits."""
        state = self.session.state
        self._owed = state.transport.live
        if state.clip is None or state.picture is None or state.transport.live:
            return
        span = self._asked = self._range()
        # Before torch is there, the chain and the picture alone are shown: they do not need it.
        network = pipeline.runs(state.network, state.bypassed) if self.ready else None
        chain, raw = pipeline.passing(state.chain, state.bypassed), "decode" in state.bypassed
        # Masks lie on what a network hears.
        chain = chain if network is not None else tuple(link for link in chain if role(link) != "mask")
        asked = (state.clip, chain, state.picture, network, span.start, span.stop, state.device, state.edits, raw)
        self.submit("inspect", "inspect", jobs.inspect, asked, self.memo, doing=f"analysing {state.clip.name}")

    def tick(self) -> None:
        """Hand out what the workers have said since the last tick. Lists become one change each.

        Between two ticks Qt paints: an inspection that came at the last one has been seen then.
        """
        self.shown = False
        for worker in self.workers.values():
            while worker.events:
                self._receive(worker.events.popleft())
        self.heard = bool(self._frames)
        if self._frames:
            came, self._frames[:] = joined(self._frames), []
            self.session.set("live", came)
        self._chronicle.write()

    def painted(self) -> None:
        """What was inspected is on the screen: the next inspection begins.

        On two cores computing and painting at once would make both slower, and the picture later.
        """
        self.workers["inspect"].release()

    def stop(self) -> None:
        """End every job; opening files and training too."""
        for worker in self.workers.values():
            worker.stop()

    def close(self) -> None:
        """Stop all workers, then wait for each, so that none is cut off inside torch."""
        self.stop()
        for worker in self.workers.values():
            worker.close()

    def _receive(self, report: Report) -> None:
        job, event = report
        if isinstance(event, events.Progress):
            self.show_job(job, event)
        elif isinstance(event, events.Ended | events.Failed):
            self.show_job(job, None)
        if isinstance(event, events.Traced):
            self.shown = True
            if not self._wanted(event):
                return
        if isinstance(event, events.Notice) and job in ("inspect", "live"):
            # These run anew at every move of a knob: what they have to say is said once.
            if event.text == self._said.get(job):
                return
            self._said[job] = event.text
        handler = self._handlers.get(type(event))
        for each in (*([handler] if handler else []), *self._more.get(type(event), ())):
            each(event)
        if isinstance(event, events.Failed):
            self._failed[job] = self.session.state.notice
        elif isinstance(event, events.Ended) and not event.stopped:
            # It went well this time: what was said of the last time is no longer so.
            told = self._failed.pop(job, None)
            if told is not None and told is self.session.state.notice:
                self.session.set("notice", None)

    def show_job(self, job: str, progress: events.Progress | None) -> None:
        """How far a job is, in the status bar; None takes it away."""
        shown = dict(self.session.state.jobs)
        if progress is None:
            shown.pop(job, None)
        else:
            shown[job] = progress
        if shown != self.session.state.jobs:
            self.session.set("jobs", MappingProxyType(shown))

    def _wanted(self, event: events.Traced) -> bool:
        clip = self.session.state.clip
        return clip is not None and event.trace.clip_id == clip.id

    def _traced(self, event: events.Traced) -> None:
        before = self.session.state.seconds
        self.session.set("traced", event)
        self._widen(before)
        self._point(event)
        if (total := event.timings.get("total")) is not None:
            self.status(latency=f"computed in {total:.1f} ms")

    def _widen(self, before: float) -> None:
        """Where all was seen, all is seen, though the chain makes the sound longer or no longer so long."""
        view, now = self.session.state.view, self.session.state.seconds
        if now == before:
            return
        if view.start <= 0.0 and view.stop > before - 1e-6:
            self.session.set("view", Span(0.0, now))
        elif view.stop > now:
            self.session.set("view", Span(max(0.0, now - view.seconds), now))
        cursor = self.session.state.cursor
        if cursor.time > now:
            self.session.set("cursor", replace(cursor, time=now))

    def _point(self, event: events.Traced) -> None:
        """Where no unit is chosen, point at the one that moves most: nothing stands empty."""
        cursor, keys = self.session.state.cursor, event.trace.find("h")
        known = event.trace.series.get(cursor.key) if cursor.key is not None else None
        if not keys or (known is not None and (cursor.unit or 0) < known.values.shape[1]):
            return
        series = event.trace.series[keys[0]]
        if not series.values.size:
            return
        unit = int(series.values.std(axis=0).argmax())
        self.session.set("cursor", replace(cursor, key=keys[0], unit=unit))

    def _ready(self, event: jobs.Ready) -> None:
        self.ready, self._named = True, {"auto": event.named[event.devices[0]], **event.named}
        self._show_device()
        if self.session.state.network is not None:
            self.inspect()

    def _show_device(self) -> None:
        """Where networks compute, as soon as that is known."""
        if self._named:
            chosen = self.session.state.device
            self.status(device=self._named.get(chosen, f"no {chosen} on this machine"))

    def _clip_changed(self) -> None:
        clip = self.session.state.clip
        before, self._source = self._source, clip.source if clip is not None else None
        self.relabelled = clip is not None and clip.source is before
        if self.relabelled:  # the memo has all but the text's comparison with them
            self.inspect()
            return
        self.workers["inspect"].stop("inspect")
        self.workers["background"].stop("peaks")
        self.session.set("selection", None)
        self.session.set("cursor", replace(self.session.state.cursor, time=0.0))
        if clip is None:
            self.session.set("traced", None)
            return
        self.session.set("view", Span(0.0, clip.seconds))
        self.inspect()
        if clip.seconds > LONGEST:
            self.tell(
                f"Of {clip.name}, {LONGEST:.0f} s around the cursor are analysed; zoom in to see them (Ctrl+=)."
            )
        if clip.id not in self.session.state.peaks:
            self.submit("background", "peaks", jobs.peaks, clip, doing=f"reading the waveform of {clip.name}")

    def _transport_changed(self) -> None:
        if self._owed and not self.session.state.transport.live:
            self.inspect()

    def _view_changed(self) -> None:
        """A longer clip is inspected where it is looked at."""
        clip, asked, view = self.session.state.clip, self._asked, self.session.state.view
        if clip is None or asked is None or clip.seconds <= WHOLE:
            return
        seen = self._clamped(view, LONGEST, clip.seconds)
        if seen.start < asked.start - 1e-6 or seen.stop > asked.stop + 1e-6:
            self.inspect()

    def _cursor_moved(self) -> None:
        """A long clip is inspected around the cursor, and ahead of the playback."""
        clip, asked, state = self.session.state.clip, self._asked, self.session.state
        if clip is None or asked is None or clip.seconds <= WHOLE or not state.view.start <= state.cursor.time:
            return
        end = asked.stop if asked.stop > clip.seconds - 1e-3 else asked.stop - AHEAD
        outside = not asked.start <= state.cursor.time <= end
        if outside and state.cursor.time <= state.view.stop and self._range() != asked:
            self.inspect()

    def _range(self) -> Span:
        """What an inspection covers: all of a short clip; else what is seen, and half as much on either side."""
        state = self.session.state
        assert state.clip is not None
        if state.clip.seconds <= WHOLE:
            return Span(0.0, state.clip.seconds)
        margin = max(state.view.seconds / 2, 2 * AHEAD)
        wide = Span(state.view.start - margin, state.view.stop + margin)
        return self._clamped(wide, LONGEST, state.clip.seconds)

    def _clamped(self, span: Span, most: float, length: float) -> Span:
        """The part of `span` inside the clip; at most `most` seconds of it, around the cursor or its middle."""
        start, stop = max(0.0, span.start), min(length, span.stop)
        if stop - start <= most:
            return Span(start, stop)
        at = self.session.state.cursor.time
        middle = at if start <= at <= stop else (start + stop) / 2
        first = min(max(start, middle - most / 2), stop - most)
        return Span(first, first + most)
