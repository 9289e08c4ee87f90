"""Listening: the microphone, or a clip as if it were one; live pictures, recording, and the last 30 seconds."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from app.hearing import Listens, Tap, hear
from engine import pipeline
from engine.chunked import takes
from engine.events import Ended, Failed, Frames, Set

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from app.wiring import Wiring
    from engine.clip import Clip
    from engine.network import Network
    from engine.session import Session

BEHIND = 0.2
"""Seconds that live pictures may lag behind the sound before it is told: nobody sees less."""
KEPT = 30.0
"""Seconds that are always kept."""


class Listening:
    """Starts and ends live work; the main thread's side of the recorder."""

    def __init__(
        self, session: Session, wiring: Wiring, place: Callable[[], Path | None], rate: int = 16000
    ) -> None:
        """`place` names a file for a recording that begins; None where there is no place for one."""
        self.session = session
        self.place = place
        self.refused: Callable[[Network, Clip | None], None] = lambda network, clip: None
        """Says what else can run live than a network that cannot, on the microphone or the clip."""
        self.recorded: set[str] = set()
        """The ids of what was recorded."""
        self.wiring = wiring
        self.rate = rate
        self.device: str | None = None
        self.always = False
        self._tap: Tap | None = None
        self._source: tuple[Any, ...] | None = None
        self._chunked = self._alone = False
        self._recording = False
        self._trouble = ""
        self._told_at = self._behind = 0.0
        self._streaming = False  # the recorder has started: the stream takes other knobs
        self.through: Callable[..., Any] | None = None
        """Another job than that which shows the sound, as one that denoises it; `start` begins it."""
        self._given: Callable[[], tuple[Any, ...]] = tuple
        wiring.on(Listens, self._started)
        wiring.on(Frames, self._told)
        wiring.on(Ended, self._ended)
        wiring.on(Failed, self._ended)
        for key in ("chain", "network", "picture", "bypassed", "decoding"):
            session.on(key, self._changed)

    @property
    def level(self) -> tuple[float, float, bool] | None:
        """The level at the microphone; None while it is off."""
        return self._tap.recorder.level if self._tap is not None else None

    @property
    def recording(self) -> bool:
        return self._recording

    def live(self, clip: Clip | None = None, chunked: bool = False, alone: bool = False) -> bool:
        """Show the microphone, or a clip as if it were one. False where that cannot be, with the reason told.

        `chunked`: a network that runs backwards too hears windows of the last seconds. `alone`: without a network
        that cannot run live.
        """
        network = self.session.state.network
        alone = self._alone = alone and network is not None and not network.live
        if network is not None and not alone and not (network.live or (chunked and takes(network))):
            self.refused(network, clip)
            return False
        if not self.wiring.ready:
            self.wiring.tell("The network engine is still loading; try again in a moment.", "warning")
            return False
        self._chunked, self.through = chunked, None
        self._source = ("clip", clip, self.rate) if clip is not None else ("device", self.device, self.rate)
        self._transport(live=True, frozen=False, playing=False)
        self._submit()
        return True

    @property
    def tap(self) -> Tap | None:
        """Where what is heard comes in; None while nothing does."""
        return self._tap

    @property
    def source(self) -> tuple[Any, ...] | None:
        """What is heard, as app.hearing.hear has it; None while nothing is."""
        return self._source

    def start(
        self,
        job: Callable[..., Any],
        given: Callable[[], tuple[Any, ...]],
        source: tuple[Any, ...] | None = None,
    ) -> None:
        """Run another live job on the microphone or another source; `given()` are its further arguments."""
        self.through, self._given = job, given
        self._source = source or ("device", self.device, self.rate)
        self._transport(live=True, frozen=False, playing=False)
        self._submit()

    def stop(self) -> None:
        """End the live view; what was recorded becomes the clip. The microphone stays on only to listen always."""
        tap, recording, self.through = self._tap, self._recording, None
        self._transport(live=False, frozen=False, recording=False)
        self._recording = False
        self.wiring.workers["live"].stop()
        self.wiring.status(dropped=None, latency="")
        self._tap, self._streaming = None, False
        self._source = None
        if recording and tap is not None:
            self._taken(tap.end())
        if self.always:
            self.listen(True)

    def listen(self, on: bool) -> None:
        """Keep the microphone on without showing it, so that its last seconds can be kept."""
        self.always = on
        if self.session.state.transport.live:
            return
        if on:
            self.wiring.submit("live", "listen", hear, ("device", self.device, self.rate), None, doing="listening")
        else:
            self.rest()

    def rest(self) -> None:
        """Another part of the program wants the microphone, until `listen` takes it back."""
        self.wiring.workers["live"].stop()
        self._tap = None

    def record(self) -> None:
        """Begin a recording, with live pictures; or end it and open it as a clip."""
        if self._recording:
            self.stop()
            return
        self._recording = True
        if self.session.state.transport.live and self._tap is not None:
            self._tap.begin(self.place())
        elif not self.live():
            self._recording = False
        self._transport(recording=self._recording)

    def keep(self) -> None:
        """The last 30 seconds of the microphone become the clip."""
        if self._tap is None:
            self.wiring.tell(
                "The microphone is off: start Live (Ctrl+L) or Sound > Listen all the time first, "
                "then K keeps the last 30 seconds.",
                "warning",
            )
            return
        clip = self._tap.recorder.keep(KEPT)
        if clip.frames == 0:
            self.wiring.tell("Nothing was heard yet.", "warning")
            return
        if self.session.state.transport.live:
            self.stop()
        self._taken(clip)

    def close(self) -> None:
        """The program ends: nothing starts again."""
        self.always = False
        if self.session.state.transport.live:
            self.stop()

    def freeze(self) -> None:
        """Hold the live pictures, or let them run on; the sound is kept all the while."""
        transport = self.session.state.transport
        if not transport.live:
            return
        self._transport(frozen=not transport.frozen)
        if not transport.frozen and self.session.state.live:
            # The cursor goes to what was last heard, where a look begins.
            last = self.session.state.live[-1]
            end = last.start + len(last.samples) / last.rate
            self.session.set("cursor", replace(self.session.state.cursor, time=max(0.0, end - 0.1)))

    def set_device(self, name: str) -> None:
        """Another input from now on; an empty name is the system's own choice."""
        self.device = name or None
        if self._source is not None and self._source[0] == "device":
            if self.through is not None:
                self.start(self.through, self._given)
            else:
                self.live()
        elif self.always:
            self.listen(True)

    def _submit(self) -> None:
        state = self.session.state
        network = None if self._alone else state.network
        chain = pipeline.passing(state.chain, state.bypassed)
        asked = (chain, network, state.picture, state.device, self._chunked, state.decoding)
        self._streaming = False
        # The one that listens only would hold the worker for ever.
        self.wiring.workers["live"].stop()
        if self.through is not None:
            self.wiring.submit("live", "live", self.through, self._source, *self._given(), doing="denoising live")
            return
        self.wiring.submit("live", "live", hear, self._source, asked, doing="listening")

    def _changed(self) -> None:
        """A knob was turned in live use, or training has moved the weights: the stream goes on with it."""
        network = self.session.state.network
        if not self.session.state.transport.live or self.through is not None:
            return
        if network is not None and self._alone:
            self._alone = not network.live
            network = network if network.live else None
        if network is not None and not (network.live or (self._chunked and takes(network))):
            self.wiring.tell(f"Live has ended: {network.name} needs the whole future.", "warning")
            self.stop()
        elif self._streaming:
            state = self.session.state
            chain = pipeline.passing(state.chain, state.bypassed)
            value = {"chain": chain, "network": network, "picture": state.picture, "reading": state.decoding}
            self.wiring.workers["live"].send(Set("stream", value))
        else:
            self._submit()

    def _started(self, event: Listens) -> None:
        before, self._tap, self._streaming = self._tap, event.tap, True
        if not self._recording:
            return
        if before is not None and before.recording:
            self._tap.go_on(before)
        else:
            self._tap.begin(self.place())

    def _told(self, event: Frames) -> None:
        """A few times a second: nobody reads faster, and every text lays out the status bar anew."""
        if not self.session.state.transport.live:
            return
        now = time.monotonic()
        self._behind = max(self._behind, event.behind)
        if now - self._told_at < 0.25:
            return
        self._told_at = now
        trouble = self._tap.trouble if self._tap is not None else ""
        if trouble and trouble != self._trouble:
            self.wiring.tell(trouble, "error")
        self._trouble = trouble
        behind, self._behind = self._behind, 0.0
        if self.through is not None:  # it gives an account of its own
            return
        late = f"{behind:.1f} s behind" if behind >= BEHIND else ""
        self.wiring.status(latency=f"{event.took * 1000:.1f} ms a block", dropped=event.dropped, late=late)

    def _ended(self, event: Ended | Failed) -> None:
        """A stream that ended by itself, as when a device went away or the clip is over."""
        stopped = isinstance(event, Ended) and event.stopped
        if event.job != "live" or stopped or not self.session.state.transport.live:
            return
        self.stop()

    def _taken(self, clip: Clip | None) -> None:
        """What was recorded is shown."""
        if clip is None:
            self.wiring.tell("Nothing was recorded. Is the right input chosen under Sound > Input?", "warning")
        else:
            self.recorded.add(clip.id)
            self.session.set("clip", clip)

    def _transport(self, **changes: Any) -> None:
        self.session.set("transport", replace(self.session.state.transport, **changes))
