"""Contrasting: what was said beside what was read, aligned anew as long as somebody looks at it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.events import Contrasted

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from app.wiring import Wiring
    from engine.clip import Label
    from engine.events import Searched, Traced
    from engine.network import Network
    from engine.session import Session, State

NAME, VIEW = "aligning the texts", "diff"


def contrast(traced: Traced, network: Network, found: tuple[Label, ...]) -> Generator[Any, Any, None]:
    """The job: imports what it needs where it runs."""
    from engine import contrast as engine

    tier = engine.tier_of(network, traced.sound.labels)
    truth = [each for each in traced.sound.labels if each.tier == tier]
    yield engine.contrast(traced.trace.clip_id, network, tier, truth, found)


class Contrasting:
    """Submits to the worker `inspect`. `looks(view)` says whether a view of that name can be seen."""

    def __init__(self, session: Session, wiring: Wiring, looks: Callable[[str], bool]) -> None:
        self.session, self.wiring, self.looks = session, wiring, looks
        self._asked: tuple[Any, ...] = (None, None)
        wiring.on(Contrasted, lambda event: session.set("contrasted", event))

    def tick(self) -> None:
        """Ask anew where another text is shown: that of the search, where there is one of this inspection."""
        state = self.session.state
        traced, network = state.traced, state.network
        if traced is None or network is None or state.transport.live or network.id != traced.network_id:
            return
        searched = _searched(state)
        if (self._asked[0] is traced and self._asked[1] is searched) or not self.looks(VIEW):
            return
        self._asked = traced, searched
        found = searched.text if searched is not None else traced.trace.text
        self.wiring.submit("inspect", NAME, contrast, traced, network, found, doing=NAME)


def _searched(state: State) -> Searched | None:
    """What the beam has read of the clip that is shown, by its network."""
    found, traced = state.searched, state.traced
    if found is None or traced is None:
        return None
    return found if (found.clip_id, found.network_id) == (traced.trace.clip_id, traced.network_id) else None
