"""Labels from the window's actions: what is named, cut, moved or taken away at the cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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

    def _say(self, trouble: str) -> None:
        if trouble:
            self._wiring.tell(trouble)
