"""Surgery from the window's actions: what is done to the state at the cursor, and to all edits at once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engine import surgery
from engine.surgery import Edit, EditError

if TYPE_CHECKING:
    from app.wiring import Wiring
    from engine.session import Session


class Operating:
    """Writes edits and the copied state into the session; says what cannot be done."""

    def __init__(self, session: Session, wiring: Wiring) -> None:
        self.session, self.wiring = session, wiring

    def reset(self) -> None:
        """From the cursor on, all layers begin with nothing in memory."""
        self._add(Edit("reset", self.session.state.cursor.time))

    def copy(self) -> None:
        """Keep the state at the cursor, to be pasted into this clip or another one."""
        state = self.session.state
        if state.traced is None or state.clip is None or state.transport.live:
            self.wiring.tell("There is no state to be copied: open a recording first.", "warning")
            return
        try:
            memory = surgery.copied(state.traced, state.cursor.time, state.clip.name)
        except EditError as error:
            self.wiring.tell(f"There is no state to be copied: {error}.", "warning")
            return
        self.session.set("memory", memory)
        self.wiring.tell(f"Copied the state of {memory.words}. Elsewhere, paste it (Ctrl+Alt+V).")

    def paste(self) -> None:
        """From the cursor on, the network goes on in the state that was copied."""
        state = self.session.state
        if state.memory is None:
            self.wiring.tell("No state was copied yet: put the cursor where one is (Ctrl+Alt+K).", "warning")
        else:
            self._add(Edit("paste", state.cursor.time, memory=state.memory))

    def switch(self) -> None:
        """All edits off where any is on; else all on: the way to hear and see with and without."""
        edits = self.session.state.edits
        on = not any(each.on for each in edits)
        self.session.set("edits", tuple(replace(each, on=on) for each in edits))

    def clear(self) -> None:
        """The network as it was learnt."""
        self.session.set("edits", ())

    def _add(self, edit: Edit) -> None:
        state = self.session.state
        if state.clip is None or state.network is None or state.transport.live:
            self.wiring.tell("States are changed in a recording: open one, or end the live view.", "warning")
            return
        if why := surgery.trouble(edit, state.network.settings):
            self.wiring.tell(f"That cannot be done here: {why}.", "warning")
            return
        self.session.set("edits", (*state.edits, edit))
