"""How many pictures a second of the hidden state follow the playhead: 128 units over 10 s of sound that plays."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

from app.bench import Figure, median, percentile

if TYPE_CHECKING:
    from app.window import Window
    from engine.clip import Clip

LENGTH, UNITS = 10.0, 128
PLAYS = 4.0
"""Seconds that are played for each figure."""
PAGES = {"all of it in sight": LENGTH, "pages of 1 s that are turned": 1.0}
LEAST = 25.0


def measure() -> list[Figure]:
    """With the whole clip in sight only the cursor moves over the picture; a page that is turned is drawn anew."""
    from app.shot import Shown, settle
    from engine import checkpoint, device

    device.limit_threads()
    network = checkpoint.open_network("digits-lstm-128")
    assert network.settings.to_dict()["hidden"] == UNITS
    found = []
    with Shown(size=(1280, 800)) as window:
        window.session.set("clip", speech())
        window.session.set("network", network)
        settle(window)
        for words, page in PAGES.items():
            times = followed(window, page)
            gaps = [1e3 * (after - before) for before, after in itertools.pairwise(times)]
            note = f"p50 {median(gaps):.1f}, p95 {percentile(gaps, 0.95):.1f}, worst {max(gaps):.1f} ms apart"
            rate = len(gaps) / (times[-1] - times[0])
            found.append(Figure(f"pictures a second, {words}", rate, "1/s", LEAST, more=True, note=note))
    return found


def speech() -> Clip:
    """The bundled clip, again and again."""
    from engine import asset, default
    from engine.clip import from_array

    said = asset.open_bundled(default.CLIP)
    return from_array(np.resize(said.read().mean(1), round(LENGTH * said.rate)), said.rate, "speech")


def followed(window: Window, page: float) -> list[float]:
    """When the lane was painted with the playhead at another place than before, while the clip plays."""
    from dataclasses import replace

    from PySide6.QtCore import QEventLoop, QTimer

    from app.benches._watch import Paints
    from app.shot import settle
    from engine.session import Span

    session = window.session
    window.playing.seek(0.0)
    session.set("view", Span(0.0, page))
    session.set("transport", replace(session.state.transport, follow=True))
    settle(window)
    shown: dict[float, float] = {}
    """By the place of the playhead, when it was painted there."""

    def painted(now: float) -> None:
        shown.setdefault(session.state.cursor.time, now)

    paints, loop = Paints(window.lanes.lanes["hidden"].canvas, painted), QEventLoop()
    window.playing.toggle()
    QTimer.singleShot(round(1e3 * PLAYS), loop.quit)
    loop.exec()
    window.playing.pause()
    paints.stop()
    return list(shown.values())
