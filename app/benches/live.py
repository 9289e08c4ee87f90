"""From a block at the microphone to its pixels, without the device's own buffer; and pictures a second."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from app.bench import Figure, median, percentile

if TYPE_CHECKING:
    from app.window import Window
    from engine.clip import Clip

SECONDS = 12.0
BLOCK = 0.010


def measure() -> list[Figure]:
    """A clip is fed by the clock, as a microphone would; each 10 ms of it are timed until they are painted."""
    from app.shot import Shown, settle
    from engine import asset, checkpoint, default

    said = asset.open_bundled(default.CLIP)
    with Shown(size=(1280, 800)) as window:
        window.session.set("network", checkpoint.untrained("phonemes"))
        settle(window)
        latencies, painted, overruns = watched(window, _long(said))
    return [
        Figure("block to pixel, p50", 1e3 * median(latencies)),
        Figure("block to pixel, p95", 1e3 * percentile(latencies, 0.95), target=50.0),
        Figure("pictures a second, 1280 x 800", painted / SECONDS, "1/s", 50.0, more=True),
        Figure("seconds of sound that were dropped", overruns, "s"),
    ]


def _long(clip: Clip) -> Clip:
    from engine.clip import from_array

    return from_array(np.resize(clip.read().mean(1), int((SECONDS + 10) * clip.rate)), clip.rate, "speech")


def watched(window: Window, clip: Clip) -> tuple[list[float], int, int]:
    """Seconds from the end of each block to the end of the painting that shows it, pictures, dropped seconds."""
    from app.benches._watch import Paints
    from app.shot import pump
    from engine.audio import feed as feeds

    feeders: list[Any] = []

    class Remembered(feeds.Feed):
        def start(self) -> None:
            super().start()
            feeders.append(self)

    original, feeds.Feed = feeds.Feed, Remembered  # type: ignore[misc]
    shown: list[tuple[float, float]] = []

    def painted(now: float) -> None:
        live = window.session.state.live
        if live:
            end = live[-1].start + len(live[-1].samples) / live[-1].rate
            if not shown or end > shown[-1][0]:
                shown.append((end, now))

    try:
        assert window.listening.live(clip)
        pump(2.0)
        paints = Paints(window.lanes, painted)
        pump(SECONDS)
        paints.stop()
    finally:
        feeds.Feed = original  # type: ignore[misc]
    began = feeders[-1]._began
    dropped = feeders[-1].dropped
    window.listening.stop()
    pump(0.3)
    return _latencies(shown, began), len(shown), dropped


def _latencies(shown: list[tuple[float, float]], began: float) -> list[float]:
    found = []
    for (before, _), (end, when) in itertools.pairwise(shown):
        first = math.floor(before / BLOCK) + 1
        found += [when - (began + block * BLOCK) for block in range(first, math.floor(end / BLOCK) + 1)]
    return found
