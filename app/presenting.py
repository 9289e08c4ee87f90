"""Presentation mode, from the window: which display, how it looks, and that it is remembered."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from PySide6.QtGui import QGuiApplication

from engine.knob import KnobError
from widgets.present import Presentation
from widgets.presentlook import Settings

if TYPE_CHECKING:
    from PySide6.QtGui import QScreen

    from app.window import Window

KEPT, DISPLAY = "presentation", "presentation display"


class Presenting:
    """Opens the presentation, ticks it, and closes it. On another display than the window where there is one."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.shown: Presentation | None = None
        self._state: object = None

    def toggle(self) -> None:
        """Begin, or end."""
        if self.shown is not None:
            self.shown.close()
            return
        shown = self.shown = Presentation(self.window.session, self.settings())
        shown.turned.connect(self._keep)
        shown.asked.connect(self.window.captioning.toggle)
        shown.displayed.connect(self.move)
        shown.left.connect(self._left)
        self._state = None
        self._place(self.display())
        self.tick()
        self.window.mark()

    def tick(self) -> None:
        if self.shown is None:
            return
        state = self.window.captioning.running, tuple(each.name() for each in QGuiApplication.screens())
        if state != self._state:
            self._state = state
            displays = {each.name(): _words(each) for each in QGuiApplication.screens()}
            self.shown.show_state(state[0], displays, self.display().name())
        self.shown.tick()

    def settings(self) -> Settings:
        """As it was left; the usual look where that cannot be read."""
        try:
            found: dict[str, Any] = json.loads(self.window.preferences.get(KEPT, "{}"))
            return Settings(**found)
        except (ValueError, TypeError, KnobError):
            return Settings()

    def display(self) -> QScreen:
        """The one that was chosen last, else one that the window is not on, else its own."""
        screens, own = QGuiApplication.screens(), self.window.screen()
        kept = self.window.preferences.get(DISPLAY)
        chosen = next((each for each in screens if each.name() == kept), None)
        return chosen or next((each for each in screens if each is not own), own)

    def move(self, name: str) -> None:
        """To another display."""
        self.window.preferences.set(DISPLAY, name)
        self._state = None
        if self.shown is not None:
            self.shown.showNormal()
            self._place(self.display())

    def close(self) -> None:
        if self.shown is not None:
            self.shown.close()

    def _place(self, screen: QScreen) -> None:
        shown = self.shown
        assert shown is not None
        shown.setScreen(screen)
        shown.setGeometry(screen.geometry())
        shown.showFullScreen()
        shown.activateWindow()
        shown.reader.setFocus()

    def _keep(self, settings: Settings) -> None:
        self.window.preferences.set(KEPT, json.dumps(settings.to_dict()))

    def _left(self) -> None:
        shown, self.shown = self.shown, None
        if shown is not None:
            shown.deleteLater()
        self.window.mark()


def _words(screen: QScreen) -> str:
    """A display in words."""
    size = screen.size()
    name = " ".join(filter(None, (screen.manufacturer(), screen.model()))) or screen.name()
    return f"{name}, {size.width()} x {size.height()}"
