"""The ear of a blind test: versions under labels, in a loop, as loud as each other, switched without a gap."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.session import Span

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.window import Window
    from engine.clip import Clip


class Hidden:
    """Has a player of its own, opened when something is heard first and closed with the dialog."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self._player: Any = None
        self._lanes: dict[str, Clip] = {}
        self._heard = ""

    @property
    def playing(self) -> bool:
        return self._player is not None and bool(self._player.playing)

    def load(self, lanes: Mapping[str, Clip], first: str) -> None:
        """Other versions, of which one is heard first; what plays goes on with it."""
        self._lanes, self._heard = dict(lanes), first
        if self._player is not None:
            self._give()

    def hear(self, label: str) -> None:
        """Switch to a version, at the same place; begin to play if nothing does."""
        if label not in self._lanes:
            return
        self._heard = label
        player = self._ready()
        player.choose(label)
        if not player.playing:
            self._play()

    def toggle(self) -> None:
        """Pause, or play on."""
        if self.playing:
            self._player.pause()
        elif self._lanes:
            self._ready()
            self._play()

    def tick(self) -> str:
        """Make way for what the window plays. What is wrong with the device, or an empty text."""
        transport = self.window.session.state.transport
        if self.playing and (transport.playing or transport.live):
            self._player.pause()
        return str(self._player.error or "") if self._player is not None else ""

    def close(self) -> None:
        if self._player is not None:
            self._player.close()
            self._player = None

    def _play(self) -> None:
        if self.window.session.state.transport.playing:
            self.window.playing.pause()
        self._player.play()

    def _ready(self) -> Any:
        if self._player is None:
            from engine.audio.play import Player

            self._player = Player(self.window.playing.device)
            self._player.volume = self.window.session.state.transport.volume
            self._give()
        return self._player

    def _give(self) -> None:
        self._player.load(self._lanes)
        self._player.choose(self._heard)
        self._player.loop(Span(0.0, min(each.seconds for each in self._lanes.values())))
