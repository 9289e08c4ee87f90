"""Saving: the session as a file, which one it is, and whether it has changed since."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMessageBox

from app import jobs
from engine.events import Notice, Restored
from engine.session import UNDOABLE
from widgets.transport import LANES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from PySide6.QtWidgets import QWidget

    from app.wiring import Wiring
    from engine.session import Session, State


class Saving:
    """Writes the session to its file, and puts in its place what another file holds. `told` hears of changes."""

    def __init__(self, session: Session, wiring: Wiring, told: Callable[[], None]) -> None:
        self.session = session
        self.wiring = wiring
        self.told = told
        self.path: Path | None = None
        self._kept: State = session.state
        wiring.on(Restored, self._restored)
        wiring.on(jobs.Saved, self._saved)
        for key in UNDOABLE:
            session.on(key, self.told)

    @property
    def changed(self) -> bool:
        """Whether a session that has a file differs from it."""
        now = self.session.state
        return self.path is not None and any(getattr(now, key) is not getattr(self._kept, key) for key in UNDOABLE)

    def save(self, path: Path) -> None:
        """Write the session as it is now, in the background."""
        state = self.session.state
        self.wiring.submit("background", "save", jobs.save_session, state, path, doing=f"writing {path}")

    def may_close(self, window: QWidget) -> bool:
        """Whether the program may end: asks where a session would lose its changes, and saves if told to."""
        if not self.changed:
            return True
        assert self.path is not None
        buttons = QMessageBox.StandardButton
        answer = QMessageBox.question(
            window,
            "Save the session?",
            f"{self.path.name} has changed since it was saved.",
            buttons.Save | buttons.Discard | buttons.Cancel,
        )
        if answer != buttons.Save:
            return answer == buttons.Discard
        from engine.document import DocumentError

        try:
            for _ in jobs.save_session(self.session.state, self.path):
                pass
        except DocumentError as error:
            self.wiring.tell(str(error), "error")
            return False
        return True

    def _saved(self, event: jobs.Saved) -> None:
        self.path, self._kept = event.path, event.state
        self.wiring.tell(f"Saved {event.path}")
        self.told()

    def _restored(self, event: Restored) -> None:
        values = dict(event.values)
        heard = values.pop("heard")
        for key, value in values.items():
            self.session.set(key, value)
        if heard in dict(LANES):
            self.session.set("transport", replace(self.session.state.transport, heard=heard))
        self.session.forget()
        self.path, self._kept = event.path, self.session.state
        self.session.set("notice", Notice(f"Opened {event.path}"))
        self.told()
