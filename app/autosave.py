"""Autosave: what the session holds is kept on the disk while it changes, and offered after a crash."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

from app import recovering
from app.recovering import Kept
from engine.events import Ended, Failed, Notice, Opened, Restored

if TYPE_CHECKING:
    from app.recovery import Lost, Recovery
    from app.saving import Saving
    from app.wiring import Wiring
    from engine.session import Session, State

EVERY = 4.0
"""Seconds from a change until it is kept."""
AGAIN = 30.0
"""The same where the disk did not take it the last time."""
HELD = (
    *("clip", "chain", "picture", "network", "training", "edits", "view", "selection", "sort", "bypassed"),
    *("captions", "corrections"),
)
"""What is worth keeping; the cursor goes with it, but does not call for it."""


class Autosave:
    """Hands the state to a worker of its own when it has changed; asks what is to become of what others left."""

    def __init__(self, session: Session, wiring: Wiring, saving: Saving, recovery: Recovery) -> None:
        self.session, self.wiring, self.saving, self.recovery = session, wiring, saving, recovery
        self.on = True
        self.offered: list[Lost] = []
        self._seen: State = session.state  # what the disk holds, or need not
        self._next = 0.0
        self._told = self._text = self._covered = False
        self._shown: Notice | None = None
        self._restoring: Lost | None = None
        wiring.on(Kept, self._kept)
        wiring.on(Restored, self._restored)
        wiring.on(Opened, self._opened)
        for kind in (Ended, Failed):
            wiring.on(kind, self._ended)

    def tick(self) -> None:
        """Keep what has changed, at most every few seconds. Costs nothing while nothing changes."""
        state = self.session.state
        if self._shown is not None and state.notice is not self._shown:
            self._overlaid(state.notice)
        if state is self._seen or time.monotonic() < self._next or self.wiring.workers["keep"].busy:
            return
        self._next = time.monotonic() + EVERY
        if all(getattr(state, key) is getattr(self._seen, key) for key in HELD):
            return
        if self.on and (self.saving.changed or (self.saving.path is None and self.session.edited)):
            self._text = True
            saved = self.saving.path
            self.wiring.submit("keep", "keep", recovering.keep, self.recovery, state, saved, doing="autosave")
        elif self._text:
            self._text = False
            self.wiring.submit("keep", "keep", recovering.clear, self.recovery, state, doing="autosave")
        else:
            self._seen = state

    def look(self) -> None:
        """Whether a program has left something: only folders are listed."""
        self.offered = list(self.recovery.lost())
        self.offer()

    def offer(self) -> None:
        """Ask what is to become of the newest."""
        self._shown, self._covered = None, False
        if self.offered:
            self._shown = Notice(self.offered[0].told(), "warning", ("restore", "discard"))
            self.session.set("notice", self._shown)

    def restore(self) -> None:
        """Put what was kept in the place of the session."""
        if not self.offered or self._restoring is not None:
            return
        self._restoring, self._shown = self.offered.pop(0), None
        doing = "restoring the session"
        self.wiring.submit("background", "restore", recovering.restore, self._restoring, doing=doing)

    def discard(self) -> None:
        """Remove what was kept, and ask about the next."""
        if self.offered:
            self.recovery.discard(self.offered.pop(0).path)
            self.offer()

    def close(self, unsaved: bool = False) -> None:
        """The program ends. Call it when the workers have ended. What is `unsaved` is left for the next start."""
        kept = [each.path for each in self.offered]
        if unsaved and self.on:
            for _ in recovering.keep(self.recovery, self.session.state, self.saving.path):
                pass
            with contextlib.suppress(OSError):
                kept.append(self.recovery.folder())
        self.recovery.close(kept=tuple(kept))

    def _overlaid(self, notice: Notice | None) -> None:
        """Another message has covered the question, which comes back after it; or the user has closed it."""
        if notice is not None:
            self._covered = True
        elif self._covered:
            self.offer()
        else:
            self._shown = None

    def _kept(self, event: Kept) -> None:
        if not event.error:
            self._told, self._seen = False, event.state
            return
        self._next = time.monotonic() + AGAIN
        if not self._told:
            self._told = True
            self.wiring.tell(
                f"What you do is not kept against a crash: {self.recovery.root} cannot be written "
                f"({event.error}). Make room there, or save the session yourself (Ctrl+S).",
                "warning",
            )

    def _restored(self, event: Restored) -> None:
        if event.unsaved and self._restoring is not None:
            self.recovery.adopt(self._restoring)

    def _opened(self, event: Opened) -> None:
        if self._restoring is not None:
            self.saving.recorded.add(event.clip.id)

    def _ended(self, event: Ended | Failed) -> None:
        if event.job != "restore" or self._restoring is None:
            return
        lost, self._restoring = self._restoring, None
        if isinstance(event, Failed) or event.stopped:  # it stays where it is, and is offered again
            self.recovery.release(lost.path)
        else:
            self.recovery.adopt(lost)
            self._next = 0.0
