"""What the View menu does: a method for each action, named as in the table of actions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engine.session import Span
from widgets import axis

if TYPE_CHECKING:
    from app.window import Window


class View:
    """Works on the parts of the window."""

    def __init__(self, window: Window) -> None:
        self.window = window

    def zoom_in(self) -> None:
        self._zoom(0.5)

    def zoom_out(self) -> None:
        self._zoom(2.0)

    def zoom_all(self) -> None:
        state = self.window.session.state
        if state.clip is not None:
            self.window.session.set("view", Span(0.0, state.seconds))

    def zoom_selection(self) -> None:
        selection, length = self.window.session.state.selection, self.window.session.state.seconds
        if selection is None or not length:
            self.window.wiring.tell("Nothing is selected: drag along the ruler or a lane with Shift held.")
        else:
            # Of an instant there is no picture, and no way back by zooming out.
            seconds = min(max(selection.seconds, axis.SHORTEST), length)
            self.window.session.set("view", Span(*axis.moved(selection.start, seconds, length)))

    def follow(self) -> None:
        transport = self.window.session.state.transport
        self.window.session.set("transport", replace(transport, follow=not transport.follow))

    def cursor_by(self, frames: int = 0, seconds: float = 0.0) -> None:
        """Move the cursor by frames of the network, or by seconds."""
        state = self.window.session.state
        traced = state.traced
        series = next(iter(traced.trace.series.values()), None) if traced is not None else None
        frame = 1 / (series.rate * traced.scale) if series is not None and traced is not None else 0.01
        self.window.playing.seek(state.cursor.time + seconds + frames * frame)

    def light(self) -> None:
        self.window.set_theme("light" if self.window.theme_name == "dark" else "dark")

    def full_screen(self) -> None:
        if self.window.isFullScreen():
            self.window.showNormal()
        else:
            self.window.showFullScreen()

    def _zoom(self, factor: float) -> None:
        state = self.window.session.state
        if state.clip is None:
            return
        view = state.view
        at = state.cursor.time if view.start <= state.cursor.time <= view.stop else (view.start + view.stop) / 2
        self.window.session.set("view", Span(*axis.zoomed(view.start, view.stop, factor, at, state.seconds)))
