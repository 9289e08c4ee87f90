"""The keys that let sounds be heard: those of the chain, or of denoisers where the workspace is theirs."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from widgets.transport import LANES

if TYPE_CHECKING:
    from app.window import Window

PAIR = (("A", "clean"), ("B", "processed"))


class HearKeys:
    """Fills the menu Sound > Hear, anew where other sounds can be heard."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self._shown: object = None
        self.tick()

    def tick(self) -> None:
        """Bring the menu up to date, if anything changed."""
        audible, actions = self.window.session.state.audible, self.window.actions_by_name
        if audible == self._shown:
            return
        self._shown = audible
        own = ((name, f"&{words}", str(place)) for place, (name, words) in enumerate(LANES, 1))
        theirs = ((each.name, each.words.replace("&", "&&"), each.key) for each in audible)
        actions.one_of("hear", theirs if audible else own, self.window.playing.hear, "hear")
        for key, name in PAIR:
            words = {"processed": "noisy"}.get(name, name) if audible else name
            hear = partial(self.window.playing.hear, name)
            actions.make(actions.menus["hear"], f"hear_{key}", f"{key}: {words}", hear, key)
        actions.check("hear", self.window.session.state.transport.heard)
