"""Monitoring: the microphone through a denoiser to headphones, from the window."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from app.monitor import hear
from engine.account import Account, Settings
from engine.events import Failed, Notice, Set

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.listening import Listening
    from app.playing import Playing
    from app.window import Window
    from app.wiring import Wiring
    from engine.session import Session

PANEL, SEEN = "monitor", ("enhanced", "monitor")
AGAIN = ("monitor",)
"""The action that begins it again."""
ALONE = re.compile(r"head|ear|buds|pods", re.IGNORECASE)
"""Devices that only one person hears, by their names."""
WARNING = (
    "Wear headphones: through a loudspeaker the microphone hears what it has heard before, and it howls. "
    "Sound > Output says where it goes."
)
HOWLING = (
    "It howled, so it was stopped: the microphone heard the loudspeaker. Wear headphones, or turn the volume "
    "down, and begin again."
)


class Monitoring:
    """Starts and stops it, sends what is turned, and shows how it goes."""

    def __init__(self, session: Session, wiring: Wiring, listening: Listening, playing: Playing) -> None:
        self.session, self.wiring, self.listening, self.playing = session, wiring, listening, playing
        self._warned: set[str | None] = set()
        self._sent: object = None
        self._seen: Callable[[], bool] = lambda: False
        self._list: Callable[[], None] = lambda: None
        self._show: Callable[[], None] = lambda: None
        session.set("monitoring", Settings())
        for key in ("monitoring", "denoising", "transport"):
            session.on(key, self._turned)
        wiring.on(Account, self._told)
        wiring.on(Failed, self._failed)

    @property
    def on(self) -> bool:
        return self.listening.through is not None

    def attach(self, window: Window) -> None:
        """Be told when the panel can be seen."""
        self._seen, self._list = window.docks.docks[PANEL].widget().isVisible, window.enhancing.list_offers
        self._show = lambda: window.docks.show(SEEN)

    def tick(self) -> None:
        """As soon as somebody looks, look what denoisers there are."""
        if self.wiring.ready and self._seen():
            self._list()

    def toggle(self) -> None:
        """Begin, or end."""
        if self.on:
            self.listening.stop()
        else:
            self.start()

    def start(self, source: tuple[Any, ...] | None = None) -> None:
        """Hear the microphone, or another source as app.hearing.hear has them."""
        self._sent = self.settings()
        self._show()
        if (told := self.session.state.notice) is not None and told.actions == AGAIN:
            self.session.set("notice", None)  # it is begun again
        self.listening.start(hear, self._asked, source)
        output = self.playing.device
        if output not in self._warned and not ALONE.search(output or ""):
            self._warned.add(output)
            self.wiring.tell(WARNING, "warning")

    def bypass(self) -> None:
        """Hear the microphone as it is, or denoised again."""
        self._set(bypass=not self.settings().bypass)

    def choose(self, denoiser: str, windows: bool = False) -> None:
        """Another denoiser; the sound goes on through it."""
        self._set(denoiser=denoiser, windows=windows)

    def set_output(self, name: str) -> None:
        """Another loudspeaker, for all that is played."""
        self.playing.set_device(name)
        if self.on:
            self.start(self.listening.source)

    def settings(self) -> Settings:
        """What is asked: its own knobs, the mix of the panel Denoise, and the volume."""
        state = self.session.state
        asked = state.monitoring if isinstance(state.monitoring, Settings) else Settings()
        mix = asked.mix if state.denoising is None else state.denoising
        return asked.but(volume=min(1.0, max(0.0, state.transport.volume)), mix=mix)

    def _asked(self) -> tuple[Any, ...]:
        return self.settings(), self.playing.device, self.session.state.picture

    def _set(self, **changes: Any) -> None:
        asked = self.session.state.monitoring
        assert asked is not None
        self.session.set("monitoring", replace(asked, **changes))

    def _turned(self) -> None:
        """Knobs go to the running job; another denoiser is another job."""
        if not self.on:
            if self.session.state.transport.live:
                self._sent = None  # what fails now is something else
            if self.session.state.monitored is not None:
                self.session.set("monitored", None)
            return
        now, before = self.settings(), self._sent
        if now == before:
            return
        self._sent = now
        if isinstance(before, Settings) and (now.denoiser, now.windows) != (before.denoiser, before.windows):
            self.start(self.listening.source)
        else:
            self.wiring.workers["live"].send(Set("monitor", now))

    def _told(self, event: Account) -> None:
        if not self.on:
            return
        if event.howls:
            self.listening.stop()
            self.session.set("notice", Notice(HOWLING, "warning", AGAIN))
            return
        self.session.set("monitored", event)
        self.wiring.status(
            latency=f"{1000 * event.latency:.0f} ms from microphone to ear",
            dropped=event.dropped,
            late=f"{event.overruns} too slow" if event.overruns else "",
        )

    def _failed(self, event: Failed) -> None:
        """A device has gone: it can be begun again as soon as it is back."""
        if event.job == "live" and self._sent is not None:
            self._sent = None
            self.session.set("notice", Notice(event.text, "error", AGAIN))
