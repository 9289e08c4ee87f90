"""From the SNR slider to the painted picture, while it is dragged without pause; 5 s of sound, 2 x 128 LSTM."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

from app.bench import Figure, median, percentile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.window import Window
    from engine.clip import Clip
    from engine.network import Network
    from engine.stages.stage import Link

SECONDS = 5
DRAG = 8.0
"""Seconds of dragging, a move every 8 ms: as often as a good mouse tells."""
TURNS = 60
SNRS = np.round(np.concatenate([np.arange(-20, 40, 0.5), np.arange(40, -20, -0.5)]), 1)


def measure() -> list[Figure]:
    """From a move of the slider to the end of the painting that shows it; and the same work without a window."""
    from app.shot import Shown, settle
    from engine import checkpoint, device

    device.limit_threads()
    clip, network = speech(), checkpoint.untrained("phonemes")
    with Shown() as window:
        session = window.session
        session.set("clip", clip)
        session.set("network", network)
        settle(window)
        before = computed(clip, session.state.chain, session.state.picture, network)
        latencies, seconds = dragged(window)
        after = computed(clip, session.state.chain, session.state.picture, network)
    bare = median([*before, *after])
    p50, p95 = median(latencies), percentile(latencies, 0.95)
    return [
        Figure("the same work without a window, p50", 1e3 * bare),
        Figure("slider to painted picture, p50", 1e3 * p50),
        Figure("slider to painted picture, p95", 1e3 * p95, target=33.0),
        Figure("p50 over the bare work", p50 / bare, "", 2.0),
        Figure("pictures a second while dragging", len(latencies) / seconds, "1/s", more=True),
    ]


def speech() -> Clip:
    """Five seconds of the bundled clip."""
    from engine import asset, default
    from engine.clip import from_array

    said = asset.open_bundled(default.CLIP)
    return from_array(np.resize(said.read().mean(1), SECONDS * said.rate), said.rate, "speech")


def computed(clip: Clip, chain: Sequence[Link], picture: Link | None, network: Network) -> list[float]:
    """Seconds of each inspection as the window asks for it, at another SNR each time, in this thread."""
    from app.shot import turn
    from engine.chain import Memo
    from engine.infer import Inspection, run

    memo, taken = Memo(), []
    for number in range(TURNS + 5):
        links = turn(tuple(chain), "noise", "snr", float(SNRS[number]))
        began = time.perf_counter()
        for _ in run(Inspection(clip, links, picture, network, 0.0, clip.seconds, "cpu"), memo):
            pass
        taken.append(time.perf_counter() - began)
    return taken[5:]


def dragged(window: Window) -> tuple[list[float], float]:
    """Drag the window's own slider; seconds from each move that was shown to the end of its painting."""
    from PySide6.QtCore import QEventLoop, Qt, QTimer

    from app.benches._watch import Paints

    editor, moved, latencies = snr_editor(window), _Moves(window), []
    shown: set[int] = set()

    def painted(now: float) -> None:
        traced = window.session.state.traced
        if traced is not None and id(traced) in moved.made and id(traced) not in shown:
            shown.add(id(traced))
            latencies.append(now - moved.made[id(traced)][0])

    count = iter(range(1_000_000))

    def move() -> None:
        value = float(SNRS[next(count) % len(SNRS)])
        moved.times[value] = time.monotonic()
        editor.slider.setValue(editor.place(value))

    paints, timer = Paints(window.lanes, painted), QTimer(window)
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(move)
    timer.start(8)
    began, loop = time.monotonic(), QEventLoop()
    QTimer.singleShot(round(1e3 * DRAG), loop.quit)
    loop.exec()  # as in the program: no look at the clock in between
    seconds = time.monotonic() - began
    timer.stop()
    paints.stop()
    moved.stop()
    return latencies[3:], seconds


def snr_slider(window: Window) -> Any:
    """The slider of the noise stage's SNR in the sound panel."""
    return snr_editor(window).slider


def snr_editor(window: Window) -> Any:
    """The same with the number beside it."""
    from widgets.knobs import Form

    forms = window.docks.sound.findChildren(Form)
    return next(form.editors["snr"] for form in forms if "snr" in form.editors)


class _Moves:
    """Which move of the slider a result belongs to: `made` maps a Traced's id to (when moved, the Traced)."""

    def __init__(self, window: Window) -> None:
        from app import jobs
        from engine.events import Traced

        self.times: dict[float, float] = {}
        self.made: dict[int, tuple[float, Any]] = {}
        self._jobs, self._inspect = jobs, jobs.inspect

        def inspect(asked: Any, memo: Any, *more: Any) -> Any:
            snr = next(link.settings.snr for link in asked[1] if link.stage == "noise")
            when = self.times.get(snr)
            for event in self._inspect(asked, memo, *more):
                if isinstance(event, Traced) and when is not None:
                    self.made[id(event)] = when, event
                yield event

        jobs.inspect = inspect

    def stop(self) -> None:
        self._jobs.inspect = self._inspect
