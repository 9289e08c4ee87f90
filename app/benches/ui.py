"""The window's own beat while it trains: a 10 ms timer with live views, against the same window at rest."""

from __future__ import annotations

import itertools
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from app.bench import Figure, median, percentile

if TYPE_CHECKING:
    from app.window import Window

EACH = 5.0
"""Of each of the alternated runs."""
ROUNDS = 5
BEAT = 10
"""Milliseconds of the timer."""
STALL = 50.0
SLIDER = 66.0
KINDS = {"torch": "a torch network", "numpy": "a NumPy network", "python": "a loop in Python"}
P99, WORST = 1.3, 1.5


class Gap(NamedTuple):
    """Milliseconds between two beats, and for how many of them the thread waited for a processor."""

    length: float
    waited: float = 0.0


def measure() -> list[Figure]:
    """Live views run all the while; at rest the training is held. Ratios are medians over the rounds."""
    found = []
    for kind in KINDS:
        found += beside(kind)
    return found


def beside(kind: str) -> list[Figure]:
    """The figures of one kind of training."""
    from app.benches._training import Training, live, speech
    from app.shot import Shown

    rest, busy = [], []
    drags: list[float] = []
    with tempfile.TemporaryDirectory() as folder, Shown(size=(1280, 800)) as window:
        training = Training(window, kind, "small", Path(folder))
        training.start()
        clip = speech(2 * EACH + 30)
        for _ in range(ROUNDS):
            live(window, clip)
            training.pause()
            rest.append(gaps(window))
            training.go_on()
            busy.append(gaps(window))
            window.listening.stop()
        if kind == "torch":
            drags = dragged(window)
        training.stop()
    return _figures(KINDS[kind], rest, busy, drags)


def gaps(window: Window) -> list[Gap]:
    """Those between two beats of a timer in the window's thread, for EACH."""
    from PySide6.QtCore import QEventLoop, Qt, QTimer

    beats, timer, loop = [(time.perf_counter(), waited())], QTimer(window), QEventLoop()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(lambda: beats.append((time.perf_counter(), waited())))
    timer.start(BEAT)
    QTimer.singleShot(round(1e3 * EACH), loop.quit)
    loop.exec()  # as in the program: no look at the clock in between
    timer.stop()
    timer.deleteLater()
    return [Gap(1e3 * (after[0] - before[0]), after[1] - before[1]) for before, after in itertools.pairwise(beats)]


def waited() -> float:
    """Milliseconds that this thread could have run and had no processor; 0 where the system does not tell."""
    try:
        return int(Path("/proc/thread-self/schedstat").read_text().split()[1]) / 1e6
    except (OSError, ValueError, IndexError):
        return 0.0


def dragged(window: Window) -> list[float]:
    """Seconds from a move of the SNR slider to its painted picture, while the training goes on."""
    from app.benches import slider
    from app.shot import pump

    window.session.set("clip", slider.speech())
    pump(2.0)
    return slider.dragged(window)[0]


def _figures(name: str, rest: list[list[Gap]], busy: list[list[Gap]], drags: list[float]) -> list[Figure]:
    found, length = [], f"{ROUNDS} x {EACH:g} s"
    for words, share, target in (
        ("p50", 0.5, None),
        ("p95", 0.95, None),
        ("p99", 0.99, P99),
        ("worst", 1.0, WORST),
    ):
        ours, theirs = (
            [percentile([gap.length for gap in each], share) for each in which] for which in (busy, rest)
        )
        ratio = median([one / other for one, other in zip(ours, theirs, strict=True)])
        note = f"{median(ours):.1f} ms, at rest {median(theirs):.1f} ms, {length}"
        found.append(Figure(f"{name}: {words} over rest", ratio, "", target, note=note))
    longest, at_rest = (max(itertools.chain(*which)) for which in (busy, rest))
    note = f"of it {longest.waited:.1f} ms without a processor; at rest {at_rest.length:.1f} ms"
    found.append(Figure(f"{name}: longest gap of all", longest.length, target=STALL, note=note))
    if drags:
        p95, note = 1e3 * percentile(drags, 0.95), f"p50 {1e3 * median(drags):.1f} ms, of {len(drags)}"
        found.append(Figure(f"{name}: slider to picture while training, p95", p95, target=SLIDER, note=note))
    return found
