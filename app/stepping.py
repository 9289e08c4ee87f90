"""Step mode: the forward pass a frame at a time, with the cursor as its head and a veil over what lies ahead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.session import Walk

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.session import Session

_FIRST_NAMES = ("h", "posterior", "features")
"""The series whose frames are stepped through: the first of them that is there."""


class Stepping:
    """Works on the session. `seek` moves the cursor, `tell` says something, `look` lets the cell be seen."""

    def __init__(self, session: Session, seek: Callable[[float], None], tell: Callable[[str, str], None]) -> None:
        self.session = session
        self.seek, self.tell = seek, tell
        self.look: Callable[[], None] = lambda: None
        session.on("clip", self.leave)
        session.on("traced", self._traced)
        session.on("transport", self._transport)

    def step(self, frames: int) -> None:
        """Go on, or back; the first step begins at the start of the selection, or of the clip."""
        state = self.session.state
        if state.transport.live:
            self.tell("Step mode works on a clip: end the live view first (Ctrl+L), then press F10.", "warning")
            return
        if state.walk is None:
            self._begin()
            return
        now = state.walk.frame(state.cursor.time)
        target = max(state.walk.begin, min(state.walk.end - 1, now + frames))
        if target == now:
            where = "last" if frames > 0 else "first"
            self.tell(f"This is the {where} frame. Escape ends the step mode.", "info")
        self.seek(state.walk.time(target))

    def leave(self) -> None:
        """Take the veil away."""
        self.session.set("walk", None)

    def _begin(self) -> None:
        walk = self._walk()
        if walk is None:
            here = self.session.state.clip is not None
            wait, need = (
                "The sound is still being analysed: press F10 in a moment.",
                "open a recording or record one",
            )
            self.tell(wait if here else f"There is nothing to step through yet: {need} first.", "warning")
            return
        self.session.set("walk", walk)
        self.seek(walk.time(walk.begin))
        self.look()

    def _walk(self) -> Walk | None:
        """The frames of the selection, or of all that is analysed; None without any."""
        traced, selection = self.session.state.traced, self.session.state.selection
        if traced is None:
            return None
        keys = [key for name in _FIRST_NAMES for key in traced.trace.find(name)]
        series = next((traced.trace.series[key] for key in keys if len(traced.trace.series[key].values)), None)
        if series is None:
            return None
        start, scale, count = traced.trace.start, traced.scale, len(series.values)
        whole = Walk(start + (series.first - start) / scale, series.rate * scale, 0, count)
        if selection is None:
            return whole
        begin, end = whole.frame(selection.start), whole.frame(selection.stop) + 1
        return Walk(whole.first, whole.rate, begin, end)

    def _traced(self) -> None:
        """A knob was turned: the frames may be others."""
        if self.session.state.walk is not None:
            self.session.set("walk", self._walk())

    def _transport(self) -> None:
        if self.session.state.transport.live:
            self.leave()
