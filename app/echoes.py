"""The gradient echo and the attribution: asked for at the cursor, as long as somebody looks at them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from app.probes import REST, seen
from app.wiring import INSPECTED
from engine.events import Attributed, Echo
from widgets import chosen

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from app.wiring import Wiring
    from engine.memo import Memo
    from engine.session import Session, State

    Events = Generator[Any, Any, None]

ECHO, ATTRIBUTION = "gradient echo", "attribution"


def echo(asked: tuple[Any, ...], memo: Memo, widely: bool) -> Events:
    """`asked`: the fields of an Asked, in order."""
    from engine import echo

    yield from echo.echo(echo.Asked(*asked), memo, widely)


def attribution(asked: tuple[Any, ...], memo: Memo) -> Events:
    from engine import echo

    yield from echo.attribution(echo.Asked(*asked), memo)


class Echoes:
    """Submits to the worker `inspect`. `looks(view)` says whether a view of that name can be seen."""

    def __init__(self, session: Session, wiring: Wiring, looks: Callable[[str], bool]) -> None:
        self.session = session
        self.wiring = wiring
        self.looks = looks
        self._rested = 0.0
        self._asked: dict[str, tuple[Any, ...]] = {}
        session.on("traced", self._traced)
        for key in ("clip", *INSPECTED):
            session.on(key, self._make_way)
        wiring.on(Echo, lambda event: self._take("echo", event))
        wiring.on(Attributed, lambda event: self._take("attributed", event))

    def tick(self) -> None:
        """Ask anew, if another output is looked at, or the same one in another way."""
        state = self.session.state
        if not self._still(state) or time.monotonic() < self._rested:
            return
        cursor, settings = state.cursor, state.backward
        output = cursor.unit if cursor.key is not None and cursor.key.name == "posterior" else None
        asked = (state.network, state.traced, cursor.time, output, settings, state.edits)
        widely = self.looks("decay")
        if widely or self.looks("gradient"):
            self._submit(ECHO, echo, asked, widely)
        if self.looks("attribution"):
            self._submit(ATTRIBUTION, attribution, asked)

    def _still(self, state: State) -> bool:
        """Whether what was inspected last is the clip and the network of now, and the cursor stands still."""
        return (
            self.wiring.ready
            and seen(state)
            and state.backward is not None
            and not state.transport.playing
            and state.traced is not None
            and state.network is not None
            and chosen.is_followed(state)
        )

    def _submit(self, name: str, job: Any, asked: tuple[Any, ...], *more: Any) -> None:
        if self._asked.get(name) != (*asked, *more):
            self._asked[name] = (*asked, *more)
            self.wiring.submit("inspect", name, job, asked, self.wiring.memo, *more, doing=f"the {name}")

    def _traced(self) -> None:
        self._rested = time.monotonic() + REST

    def _make_way(self) -> None:
        """An inspection is wanted at once; these come after it."""
        for name in self._asked:
            self.wiring.workers["inspect"].stop(name)
        self._asked.clear()

    def _take(self, key: str, event: Echo | Attributed) -> None:
        traced = self.session.state.traced
        if traced is not None and (event.clip_id, event.network_id) == (traced.trace.clip_id, traced.network_id):
            self.session.set(key, event)
