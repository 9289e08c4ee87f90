"""Playback: the lanes of the last inspection, the cursor that follows them, and what is heard."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from app import audible
from app.trouble import explain
from engine.clip import Clip
from engine.echo import heard
from engine.session import Span
from widgets import axis

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from app.wiring import Wiring
    from engine.session import Session

log = logging.getLogger(__name__)

ECHO, SAMPLE = "echo", "sample"
LEAST, AFTER = 0.5, 0.05
"""Seconds before the output that an echo plays at least, and seconds after it."""


@dataclass(frozen=True, eq=False)
class Difference:
    """A source that is one sound minus another, sample by sample: what the chain added."""

    one: Clip
    other: Clip

    @property
    def rate(self) -> int:
        return self.one.rate

    @property
    def channels(self) -> int:
        return self.one.channels

    @property
    def frames(self) -> int:
        return min(self.one.frames, self.other.frames)

    def read(self, start: int, stop: int) -> NDArray[np.float32]:
        return np.subtract(self.one.read(start, stop), self.other.read(start, stop), dtype=np.float32)


class Playing:
    """Drives a Player by the session's transport. Sound devices are opened at the first use, not at the start.

    The player's time line is the clip's, but for its pace: one second of the clip is `scale` seconds of it.
    """

    def __init__(self, session: Session, wiring: Wiring) -> None:
        self.session = session
        self.wiring = wiring
        self.device: str | None = None
        self._player: Any = None
        self._told: str | None = None
        self._traced: Any = None
        self._waiting = False
        """Whether playing was asked for at a time whose sound is still being made."""
        self._mine = 0.0
        """The cursor's time as playback set it last: any other was set by hand."""
        self._echo: Clip | None = None
        """What a moment is heard as, where it is the echo of a gradient."""
        self._sampled = False
        """Whether the player holds a sample instead of the lanes."""
        self._back = 0.0
        """Where the cursor was before a moment was heard."""
        self._matched = True
        session.on("cursor", self._cursor_moved)
        session.on("traced", self._load)
        session.on("decoded", self._load)
        session.on("enhanced", self._load)
        session.on("selection", self._set_loop)
        session.on("transport", self._transport_changed)
        session.on("clip", self._clip_changed)
        session.on("moment", self._moment_asked)

    @property
    def level(self) -> tuple[float, float, bool] | None:
        """What sounds now; None when nothing does."""
        return self._player.level if self._player is not None and self._player.playing else None

    def toggle(self) -> None:
        """Play from the cursor, or pause."""
        if self.session.state.transport.playing:
            self.pause()
            return
        if self._traced is None:
            self.wiring.tell("There is nothing to play yet: open a recording or an example first.", "warning")
            return
        time = self._first()
        if not self._made(time):
            self._waiting = not self._waiting
            self.seek(time)
            self._show(time)  # of a long clip, what is seen is made
            return
        self._waiting = False
        try:
            player = self._ready()
            at, there = self._place(self.session.state.cursor.time), self._loop() or self._all()
            player.play(at if there.start <= at < there.stop - 0.05 else there.start)
        except Exception as error:
            log.exception("playing failed")
            self.wiring.tell(explain(error, "playing"), "error")
            return
        self._transport(playing=True)

    def expect(self, time: float) -> None:
        """Play from a time of the clip, as soon as its sound is made."""
        if self.session.state.transport.playing:
            self.pause()
        self.seek(time)
        if self._traced is None:
            self._waiting = True
        else:
            self.toggle()

    def sample(self, sound: Clip, loop: bool = False) -> None:
        """Let a short sound be heard by itself, again and again with `loop`, unless something else is heard or
        live."""
        transport = self.session.state.transport
        if transport.playing or transport.live:
            return
        try:
            player = self._ready()
            self._sampled = True
            player.load({SAMPLE: sound}, {SAMPLE: 0.0})
            player.choose(SAMPLE)
            player.loop(Span(0.0, sound.seconds) if loop else None)
            player.play(0.0)
        except Exception as error:
            log.exception("playing failed")
            self.wiring.tell(explain(error, "playing"), "error")

    def hush(self) -> None:
        """End a sample."""
        if self._player is not None and self._sampled and not self.session.state.transport.playing:
            self._player.pause()

    def pause(self) -> None:
        self._waiting = False
        if self._player is not None:
            self._player.pause()
        if self.session.state.moment is not None:
            self.session.set("moment", None)
            self._set_loop()
        self._transport(playing=False)

    def hear_echo(self) -> None:
        """Play what leads to the output at the cursor once, each moment as loud as it matters to that output."""
        echo, traced = self.session.state.echo, self._traced
        if echo is None or traced is None or echo.clip_id != traced.trace.clip_id:
            self.wiring.tell(
                "There is no gradient yet: show the lane Gradient or the panel Memory first.", "warning"
            )
            return
        stop = traced.trace.start + (echo.time - traced.trace.start) / traced.scale
        start = max(traced.trace.start, stop - max(LEAST, 1.5 * echo.decay.horizon / traced.scale))
        self.session.set("moment", None)
        self._echo = heard(echo, traced)
        self.session.set("moment", Span(start, stop + AFTER))

    def seek(self, time: float) -> None:
        """Move the cursor to a time of the clip, and the playback with it."""
        time = min(max(time, 0.0), self.session.state.seconds)
        self.session.set("cursor", replace(self.session.state.cursor, time=time))

    def hear(self, name: str) -> None:
        """Switch to another lane, without a gap."""
        self._transport(heard=name)
        if self._player is not None and self._traced is not None and name in (player := self._ready()).names:
            player.choose(name)

    def set_volume(self, share: float) -> None:
        self._transport(volume=share)
        if self._player is not None:
            self._player.volume = share

    def set_device(self, name: str) -> None:
        """Play through another device from now on; an empty name is the system's own choice."""
        self.device = name or None
        if self._player is not None:
            self._player.switch(self.device)

    def tick(self) -> None:
        """Bring the cursor to where the sound is, and tell of a device that went away."""
        player = self._player
        if player is None:
            return
        if player.error and player.error != self._told:
            self.wiring.tell(player.error, "warning")
        self._told = player.error
        if not self.session.state.transport.playing:
            return
        time = player.position / self._traced.scale
        if abs(self.session.state.cursor.time - time) > 1e-4:
            self._mine = time
            self.session.set("cursor", replace(self.session.state.cursor, time=time))
            self._follow(time)
        moment = self.session.state.moment
        if moment is not None and not moment.start - 0.05 <= time < moment.stop:
            self.pause()
            self.seek(self._back)
        elif not player.playing:
            self.pause()

    def close(self) -> None:
        if self._player is not None:
            self._player.close()
            self._player = None

    def _moment_asked(self) -> None:
        """Play a stretch once; then the cursor goes back to where it was."""
        moment = self.session.state.moment
        if moment is None and self._echo is not None:
            self._echo = None
            if self._player is not None and self._traced is not None:
                self._give()
        if moment is None or self._traced is None or self.session.state.transport.live:
            return
        if not self._made(moment.start):
            self.wiring.tell("That moment is not analysed yet: scroll to it first.", "warning")
            return
        self._back = self.session.state.cursor.time
        try:
            player = self._ready()
            if self._echo is not None:
                player.load({ECHO: self._echo}, {ECHO: self._all().start})
                player.choose(ECHO)
            player.loop(None)
            player.play(self._place(moment.start))
        except Exception as error:
            log.exception("playing failed")
            self.wiring.tell(explain(error, "playing"), "error")
            return
        self._transport(playing=True)

    def _ready(self) -> Any:
        if self._player is None:
            from engine.audio.play import Player

            self._player = Player(self.device)
            self._player.volume = self.session.state.transport.volume
            self._sampled = True
        if self._sampled and self._traced is not None:
            self._give()
        return self._player

    def _load(self) -> None:
        """Take the new lanes; a sound that plays goes on where it is on the clip."""
        before, self._traced = self._traced, self.session.state.traced
        if self._player is not None and self._traced is not None:
            self._give()
            self._go_on(before)
        if self._waiting and self._traced is not None and self._made(self.session.state.cursor.time):
            self.toggle()

    def _go_on(self, before: Any) -> None:
        """Where the chain makes another pace, a sound that plays stays where it is on the clip."""
        if self.session.state.transport.playing and before is not None and before.scale != self._traced.scale:
            self._player.seek(self._place(self.session.state.cursor.time))

    def _give(self) -> None:
        traced, self._sampled = self._traced, False
        added = Clip(Difference(traced.sound, traced.clean), f"{traced.sound.id}-{traced.clean.id}", "noise")
        lanes = {"clean": traced.clean, "processed": traced.sound, "noise": added}
        lanes["masked"] = traced.masked or traced.sound
        decoded = self.session.state.decoded
        fits = (traced.trace.clip_id, traced.trace.start, traced.sound.frames)
        there = decoded is not None and (decoded.clip_id, decoded.start, decoded.sound.frames) == fits
        lanes["state"] = decoded.sound if decoded is not None and there else traced.sound
        made = audible.lanes(self.session.state, traced)
        lanes |= made
        transport = self.session.state.transport
        self._matched = transport.matched
        # What was taken away keeps its level: else the quietest rest would be as loud as the speech.
        left = [name for name in made if name.startswith("residual:")] if transport.matched else list(lanes)
        self._player.load(lanes, dict.fromkeys(lanes, self._all().start), left)
        self._player.choose(transport.heard if transport.heard in lanes else "processed")
        self._set_loop()

    def _transport_changed(self) -> None:
        """Another sound is to be heard, without a gap; or the same ones as loud as they are."""
        transport, player = self.session.state.transport, self._player
        if player is not None and self._traced is not None and not self._sampled and self._echo is None:
            if transport.matched != self._matched:
                self._give()
            elif transport.heard != player.heard and transport.heard in player.names:
                player.choose(transport.heard)
        self._set_loop()

    def _loop(self) -> Span | None:
        """What is repeated, in seconds of the lanes."""
        state = self.session.state
        if not state.transport.loop or self._traced is None or state.moment is not None:
            return None
        if state.selection is None:
            return self._all()
        start, stop = (self._place(each) for each in (state.selection.start, state.selection.stop))
        return Span(start, stop) if stop - start > 0.02 else None

    def _set_loop(self) -> None:
        if self._player is not None:
            self._player.loop(self._loop())

    def _cursor_moved(self) -> None:
        """The sound follows a cursor that is moved by hand."""
        time, transport = self.session.state.cursor.time, self.session.state.transport
        if transport.scrubbing and not transport.playing and self._traced is not None and self._made(time):
            self._ready().scrub(self._place(time))
            return
        if self._player is None or self._traced is None or not self.session.state.transport.playing:
            return
        if abs(time - self._mine) > 1e-3:
            self._mine = time
            self._player.seek(self._place(time))

    def _clip_changed(self) -> None:
        if self.wiring.relabelled:
            return
        self._waiting = False
        if self.session.state.transport.playing:
            self.pause()
        clip = self.session.state.clip
        if self._traced is not None and (clip is None or self._traced.trace.clip_id != clip.id):
            self._traced = None

    def _follow(self, time: float) -> None:
        """Turn the page when the cursor leaves it."""
        state = self.session.state
        if state.transport.follow:
            self._show(time)

    def _show(self, time: float) -> None:
        """Turn to the page of a time that is not seen."""
        state = self.session.state
        if state.clip is None or state.view.start <= time <= state.view.stop:
            return
        seconds = state.view.seconds
        self.session.set("view", Span(*axis.moved(time - 0.1 * seconds, seconds, state.seconds)))

    def _place(self, time: float) -> float:
        """A time of the clip on the player's time line."""
        return float(time * self._traced.scale)

    def _first(self) -> float:
        """Where playing begins, on the clip: the cursor, or the start of a loop that it is not in."""
        state = self.session.state
        time, repeated = state.cursor.time, state.selection if state.transport.loop else None
        return time if repeated is None or repeated.start <= time < repeated.stop else repeated.start

    def _made(self, time: float) -> bool:
        """Whether the sound at a time of the clip is there: of a long clip, only a part of it is."""
        trace, clip = self._traced.trace, self.session.state.clip
        whole = clip is None or trace.stop > clip.seconds - 0.01
        return bool(trace.start - 0.01 <= time and (whole or time < trace.stop - 0.05))

    def _all(self) -> Span:
        """What can be played, on the player's time line."""
        start = self._place(self._traced.trace.start)
        return Span(start, start + self._traced.sound.seconds)

    def _transport(self, **changes: Any) -> None:
        self.session.set("transport", replace(self.session.state.transport, **changes))
