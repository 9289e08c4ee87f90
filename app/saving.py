"""Saving: the session as a file, which one it is, and whether it has changed since."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
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
        self._asked: State | None = None
        """What the last save is to write, until it has, or another session is opened."""
        self._then: Callable[[], object] | None = None
        wiring.on(Restored, self._restored)
        wiring.on(jobs.Saved, self._saved)
        for key in UNDOABLE:
            session.on(key, self.told)

    @property
    def changed(self) -> bool:
        """Whether a session that has a file differs from it."""
        now = self.session.state
        return self.path is not None and any(getattr(now, key) is not getattr(self._kept, key) for key in UNDOABLE)

    def save(self, path: Path, then: Callable[[], object] | None = None) -> None:
        """Write the session as it is now, in the background; `then` is called when it is written."""
        state = self.session.state
        self._asked, self._then = state, then
        self.wiring.submit("background", "save", jobs.save_session, state, path, doing=f"writing {path}")

    def may_leave(self, window: QWidget, again: Callable[[], object]) -> bool:
        """Whether the session may go. Asks where it would lose its changes; after a save calls `again`."""
        if self._asked is not None and self.wiring.workers["background"].has("save"):
            self._then = again
            return False
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
        if answer == buttons.Save:
            self.save(self.path, again)
        return answer == buttons.Discard

    def _saved(self, event: jobs.Saved) -> None:
        self.wiring.tell(f"Saved {event.path}")
        if event.state is not self._asked:  # since then another session was opened, or a later save asked for
            return
        then, self._asked, self._then = self._then, None, None
        self.path, self._kept = event.path, event.state
        self.told()
        if then is not None:
            QTimer.singleShot(0, then)  # not in the midst of a tick

    def _restored(self, event: Restored) -> None:
        self._asked = self._then = None
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
