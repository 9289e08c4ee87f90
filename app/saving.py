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
    from engine.captions import Captions
    from engine.session import Session, State


class Saving:
    """Writes the session to its file, and puts in its place what another file holds. `told` hears of changes."""

    def __init__(self, session: Session, wiring: Wiring, told: Callable[[], None]) -> None:
        self.session = session
        self.wiring = wiring
        self.told = told
        self.path: Path | None = None
        self.recorded: set[str] = set()
        """The clips that were recorded here, by id: leaving them asks."""
        self.place: Callable[[], Path | None] = lambda: None
        """Asks where a session is to lie that has no file."""
        self.save_captions: Callable[[], bool] = lambda: False
        """Asks for a file for the captions; whether they are being written."""
        self.written: Captions | None = None
        """The captions that need no file any more: they lie in one of their own, or are the labels of a clip."""
        self.asks = True
        """Whether leaving what no file holds asks."""
        self._kept: State = session.state
        self._unsaved = False  # what was restored after a crash is in no file
        self._asked: State | None = None
        """What the last save is to write, until it has, or another session is opened."""
        self._then: Callable[[], object] | None = None
        self.cleared: Callable[[], object] | None = None
        """What clears the captions when they are written."""
        wiring.on(Restored, self._restored)
        wiring.on(jobs.Saved, self._saved)
        for key in UNDOABLE:
            session.on(key, self.told)

    @property
    def changed(self) -> bool:
        """Whether there is something that no file holds: changes of a session that has one, or a recording."""
        now = self.session.state
        if self._unsaved or self.path is None:
            recorded = now.clip is not None and now.clip.id in self.recorded
            return self._unsaved or recorded or self._spoken
        return self._spoken or any(getattr(now, key) is not getattr(self._kept, key) for key in UNDOABLE)

    @property
    def _spoken(self) -> bool:
        """Whether there are captions that no file holds."""
        now = self.session.state.captions
        kept = None if self._unsaved else self._kept.captions  # what came back after a crash is in no file
        if now in (None, kept, self.written):
            return False
        return bool(now.lines or now.words)

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
        if not self.changed or not self.asks:
            return True
        clip = self.session.state.clip
        if self._spoken:
            words = "The captions are in no file yet. File > Save captions writes them alone."
        elif self.path is not None:
            words = f"{self.path.name} has changed since it was saved."
        else:
            words = f"{clip.name if clip is not None else 'What was restored'} has not been saved yet."
        buttons = QMessageBox.StandardButton
        answer = QMessageBox.question(
            window, "Save the session?", words, buttons.Save | buttons.Discard | buttons.Cancel
        )
        if answer == buttons.Save and (path := self.path or self.place()) is not None:
            self.save(path, again)
        return answer == buttons.Discard

    def may_clear(self, window: QWidget, again: Callable[[], object]) -> bool:
        """Whether the captions may go. Asks where no file holds them; when they have been saved, calls `again`."""
        if not self._spoken or not self.asks:
            return True
        buttons = QMessageBox.StandardButton
        answer = QMessageBox.question(
            window, "Clear the captions?", "The captions are in no file yet.",
            buttons.Save | buttons.Discard | buttons.Cancel, buttons.Save,
        )  # fmt: skip
        if answer == buttons.Save and self.save_captions():
            self.cleared = again
        return answer == buttons.Discard

    def keep(self, captions: Captions | None) -> None:
        """These need no other file."""
        self.written, then, self.cleared = captions, self.cleared, None
        if then is not None and not self._spoken:
            QTimer.singleShot(0, then)

    def _saved(self, event: jobs.Saved) -> None:
        self.wiring.tell(f"Saved {event.path}")
        if event.state is not self._asked:  # since then another session was opened, or a later save asked for
            return
        then, self._asked, self._then = self._then, None, None
        self.path, self._kept, self._unsaved = event.path, event.state, False
        self.told()
        if then is not None:
            QTimer.singleShot(0, then)  # not in the midst of a tick

    def _restored(self, event: Restored) -> None:
        self._asked = self._then = None
        values = dict(event.values)
        heard = values.pop("heard")
        for key, value in values.items():
            if key != "network" or value is not None:  # a session saved before there was one takes that of now
                self.session.set(key, value)
        if heard in dict(LANES):
            self.session.set("transport", replace(self.session.state.transport, heard=heard))
        self.session.forget()
        if not event.unsaved:
            self.recorded.clear()
        self.path, self._kept, self._unsaved = event.path, self.session.state, event.unsaved
        words = "Restored; it is not saved yet (Ctrl+S)" if event.unsaved else f"Opened {event.path}"
        self.session.set("notice", Notice(words))
        self.told()
