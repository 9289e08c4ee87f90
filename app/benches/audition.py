"""From a move of the sliders of the mix to the first sample of the loudspeaker that it changes, while it plays."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

from app.bench import Figure, median, percentile
from engine.audio.silent import SilentOutput

if TYPE_CHECKING:
    from app.window import Window
    from engine.clip import Clip

SECONDS = (5.0, 60.0)
"""Lengths of the sound that is heard."""
MOVES, APART = 12, 0.45
TARGET = 150.0
DENOISER = "wiener"
SLIDERS = ("wet", "limit", "limit_1000")


class Loudspeaker(SilentOutput):
    """Notes when the sound that it is given is of another mix, and how much had to be heard before."""

    def __init__(self, window: Window) -> None:
        super().__init__(48_000, 2)
        self._window, self._heard = window, ""
        self.changes: list[float] = []
        """When the first sample of each new mix is heard."""

    def write(self, block: Any) -> None:
        mixer = self._window.playing._player._feeder._mixer
        heard = mixer.lanes[mixer.heard].clip.id
        if heard != self._heard:
            self._heard = heard
            self.changes.append(time.monotonic() + self.queued / self.rate)
        super().write(block)


def measure() -> list[Figure]:
    """The loudspeaker takes sound by the clock; a real one adds what it says of itself."""
    from app.shot import Shown, settle
    from engine.audio import feeder
    from engine.audio.device import Device

    found = []
    with Shown() as window:
        window.docks.arrange("Denoise")
        loudspeakers: list[Loudspeaker] = []

        def opened(*_: object) -> Loudspeaker:
            loudspeakers.append(Loudspeaker(window))
            return loudspeakers[-1]

        before = feeder.open_output, feeder.devices.find
        feeder.open_output = opened  # type: ignore[assignment]  # the same, but for what it opens
        feeder.devices.find = lambda *_: Device("loudspeaker", 0, 48_000, 2)
        try:
            for seconds in SECONDS:
                window.session.set("clip", speech(seconds))
                settle(window)
                window.session.set("denoisers", (DENOISER,))
                _until(lambda: bool(window.session.state.enhanced))
                settle(window)
                _play(window)
                for name in SLIDERS:
                    late = [1e3 * each for each in _late(window, name, loudspeakers[-1])]
                    words = f"{name} to the loudspeaker, {seconds:g} s of sound"
                    found.append(Figure(f"{words}, p50", median(late)))
                    found.append(Figure(f"{words}, p95", percentile(late, 0.95), target=TARGET))
                window.playing.pause()
        finally:
            feeder.open_output, feeder.devices.find = before
    return found


def speech(seconds: float) -> Clip:
    """The bundled clip, again and again."""
    from engine import asset, default
    from engine.clip import from_array

    said = asset.open_bundled(default.CLIP)
    return from_array(np.resize(said.read().mean(1), round(seconds * said.rate)), said.rate, "speech")


def _play(window: Window) -> None:
    from dataclasses import replace

    from app.shot import pump

    transport = window.session.state.transport
    window.session.set("transport", replace(transport, loop=True, heard=f"enhanced:{DENOISER}"))
    window.playing.toggle()
    pump(1.0)


def _late(window: Window, name: str, loudspeaker: Loudspeaker) -> list[float]:
    """Seconds from each move of a slider to the first sample that is another for it."""
    from app.shot import pump

    mix = window.docks.denoise.form
    editor: Any = (mix.bands if name in mix.bands.editors else mix.all).editors[name]
    late, rng = [], np.random.default_rng(0)
    for number in range(MOVES):
        pump(APART + 0.05 * rng.random())
        count, moved = len(loudspeaker.changes), time.monotonic()
        editor.slider.setValue(editor.slider.maximum() * (3 + number % 5) // 10)
        _until(lambda count=count: len(loudspeaker.changes) > count)
        late.append(loudspeaker.changes[count] - moved)
    return late


def _until(true: Any) -> None:
    from app.shot import LONGEST, Unfinished, pump

    end = time.monotonic() + LONGEST
    while not true():
        if time.monotonic() > end:
            raise Unfinished(f"nothing came after {LONGEST:.0f} s")
        pump(0.005)
