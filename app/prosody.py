"""Prosody: how high, loud, voiced and fast the processed sound is, measured as long as somebody looks at it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.events import Prosody

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from app.wiring import Wiring
    from engine.clip import Clip
    from engine.session import Session

PROSODY = "prosody"


def measure(sound: Clip, start: float) -> Generator[Any, Any, None]:
    """The job: imports what it needs where it runs."""
    from engine import prosody

    yield from prosody.prosody(sound, start)


class Prosodies:
    """Submits to the worker `inspect`. `looks(view)` says whether a view of that name can be seen."""

    def __init__(self, session: Session, wiring: Wiring, looks: Callable[[str], bool]) -> None:
        self.session, self.wiring, self.looks = session, wiring, looks
        self._asked = ""
        wiring.on(Prosody, self._take)

    def tick(self) -> None:
        """Ask anew where another sound is shown."""
        state = self.session.state
        if state.traced is None or state.transport.live or not self.looks(PROSODY):
            return
        sound = state.traced.sound
        known = state.prosody.sound_id if state.prosody is not None else ""
        if sound.id not in (known, self._asked):
            self._asked = sound.id
            self.wiring.submit("inspect", PROSODY, measure, sound, state.traced.trace.start, doing="the prosody")

    def _take(self, event: Prosody) -> None:
        self._asked = ""
        self.session.set("prosody", event)
