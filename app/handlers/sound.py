"""What the Sound menu does: a method for each action, named as in the table of actions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.handlers import Dialogs
    from app.window import Window


class Sound:
    """Works on the parts of the window."""

    def __init__(self, window: Window, dialogs: Dialogs) -> None:
        self.window, self.dialogs = window, dialogs

    def play(self) -> None:
        transport = self.window.session.state.transport
        if transport.live:
            self.window.listening.freeze()
        else:
            self.window.playing.toggle()

    def to_start(self) -> None:
        selection = self.window.session.state.selection
        self.window.playing.seek(selection.start if selection is not None else 0.0)

    def loop(self) -> None:
        transport = self.window.session.state.transport
        self.window.session.set("transport", replace(transport, loop=not transport.loop))

    def step_on(self) -> None:
        self._step(1)

    def step_back(self) -> None:
        self._step(-1)

    def _step(self, frames: int) -> None:
        if self.window.session.state.transport.playing:
            self.window.playing.pause()
        self.window.stepping.step(frames)
        self.window.docks.hurry()

    def listen(self) -> None:
        self.window.listening.listen(not self.window.listening.always)

    def blind(self) -> None:
        from app.blindtest import Dialog

        self.dialogs.show(Dialog)
