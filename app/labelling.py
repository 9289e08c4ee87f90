"""Labels from the window's actions: what is named, cut, moved or taken away at the cursor."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QInputDialog

from engine import language

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from app.wiring import Wiring
    from widgets.labelling import Labelling as Hand


class Labelling:
    """Passes the actions on to the ruler among the lanes; says why nothing was done."""

    def __init__(self, wiring: Wiring, lanes: Callable[[], Mapping[str, Any]]) -> None:
        self._wiring, self._lanes = wiring, lanes

    def _hand(self) -> Hand:
        hand: Hand = self._lanes()["ruler"].labelling
        return hand

    def name(self) -> None:
        self._say(self._hand().name())

    def split(self) -> None:
        self._say(self._hand().split())

    def move(self) -> None:
        self._say(self._hand().move())

    def remove(self) -> None:
        self._say(self._hand().remove())

    def language(self) -> None:
        """Ask in which language the clip is spoken."""
        state = self._wiring.session.state
        if state.clip is None or state.transport.live:
            self._say("There is no clip to be told of: open a recording first.")
            return
        asked = "What is spoken in it, as en, he or pt-br. Empty: not told."
        parent = self._lanes()["ruler"].window()
        text, yes = QInputDialog.getText(parent, "Language of the clip", asked, text=state.clip.language)
        clip = self._wiring.session.state.clip
        try:
            if yes and clip is not None and (told := language.tag(text)) != clip.language:
                self._wiring.session.set("clip", replace(clip, language=told))
        except ValueError as error:
            self._wiring.tell(f"{error}.", "warning")

    def _say(self, trouble: str) -> None:
        if trouble:
            self._wiring.tell(trouble)
