"""Which recogniser captions are written by: those that are here, and those in files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.captioning import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

    from app.wiring import Wiring
    from engine.recognising import Choice
    from engine.session import Session


@dataclass(frozen=True, eq=False)
class Listed:
    """The recognisers that can be chosen."""

    choices: tuple[Choice, ...]


def list_choices() -> Generator[Any, Any, None]:
    from engine import recognising

    yield Listed(recognising.choices())


class Choosing:
    """They are listed as soon as somebody looks."""

    def __init__(self, session: Session, wiring: Wiring) -> None:
        self.session, self.wiring = session, wiring
        self._asked = False
        wiring.on(Listed, lambda event: session.set("recognisers", event.choices))

    @property
    def settings(self) -> Settings:
        found = self.session.state.captioning
        return found if isinstance(found, Settings) else Settings()

    def tick(self, looked: Callable[[], bool]) -> None:
        if not self._asked and looked():
            self._asked = True
            self.wiring.submit("background", "recognisers", list_choices, doing="looking for recognisers")

    def open(self, path: Path) -> bool:
        """A recogniser in a file, or in the folder of one. False where there is none, with the reason told."""
        from engine import recognising
        from engine.recognisers.recogniser import RecogniserError

        trouble = ""
        for place in (path, path.parent):
            try:
                recognising.title(place)
            except RecogniserError as error:
                trouble = trouble or str(error)
                continue
            self.session.set("captioning", self.settings.but(recogniser=str(place)))
            return True
        self.wiring.tell(trouble, "warning")
        return False
