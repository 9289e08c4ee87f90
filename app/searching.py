"""Searching: the beam behind a network's text, anew for every inspection and every turn of its knobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.events import Ended, Failed, Searched

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from app.wiring import Wiring
    from engine.events import Traced
    from engine.network import Network
    from engine.session import Session

SEARCH = "search"
VIEWS = ("decoding", "beam", "trellis", "alternatives", "diff")
"""The views that show something of it."""


def search(traced: Traced, network: Network, settings: Any) -> Generator[Any, Any, None]:
    """The job: imports what it needs where it runs."""
    from engine import searching

    yield from searching.run(traced, network, settings)


class Searching:
    """Submits to the worker `inspect`. `looks(view)` says whether a view of that name can be seen."""

    def __init__(self, session: Session, wiring: Wiring, looks: Callable[[str], bool]) -> None:
        self.session, self.wiring, self.looks = session, wiring, looks
        self._asked: tuple[Any, ...] = ()
        """The inspection and the settings that were searched last."""
        wiring.on(Searched, lambda event: session.set("searched", event))
        wiring.on(Failed, self._over)
        wiring.on(Ended, self._over)
        session.on("clip", self._forget)

    def tick(self) -> None:
        """Ask anew where another inspection is shown, or where a knob was turned."""
        state = self.session.state
        if state.decoding is None:
            if self.wiring.ready:  # by then it is imported, after the first paint and by another thread
                from engine import decoding

                self.session.set("decoding", decoding.Settings())
            return
        traced, network = state.traced, state.network
        if traced is None or network is None or network.id != traced.network_id or state.transport.live:
            return
        asked = (traced, state.decoding)
        same = len(self._asked) == 2 and self._asked[0] is traced and self._asked[1] == state.decoding
        if same or tuple(network.vocabulary[:1]) != ("",) or not any(self.looks(each) for each in VIEWS):
            return
        self._asked = asked
        self.wiring.submit("inspect", SEARCH, search, traced, network, state.decoding, doing="searching the text")

    def _over(self, event: Ended | Failed) -> None:
        """One that was stopped before its end has found nothing: it is asked again."""
        if event.job == SEARCH and isinstance(event, Ended) and event.stopped:
            self._asked = ()

    def _forget(self) -> None:
        clip, found = self.session.state.clip, self.session.state.searched
        if found is not None and (clip is None or clip.id != found.clip_id):
            self.session.set("searched", None)
