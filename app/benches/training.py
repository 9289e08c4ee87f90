"""A step of training in the window, with live views, against a bare loop of the same network and batches."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from app.bench import Figure, median

if TYPE_CHECKING:
    from app.benches._training import Training

EACH = 4.0
"""Of each of the alternated runs."""
ROUNDS = 5
MOST = 1.15


def measure() -> list[Figure]:
    """Medians over alternated runs. The bare loop runs alone, with as many threads; the window waits then."""
    found = []
    for kind in ("torch", "numpy"):
        for size in ("small", "large"):
            found += against(kind, size)
    return found


def against(kind: str, size: str) -> list[Figure]:
    """One network: milliseconds a step, and the ratio. What makes the batch is the same, and counts in both."""
    from app.benches._training import Bare, Training, live, speech
    from app.shot import Shown, pump

    ours, theirs = [], []
    with Bare(kind, size) as bare, tempfile.TemporaryDirectory() as folder, Shown(size=(1280, 800)) as window:
        training = Training(window, kind, size, Path(folder))
        training.start(evaluate=False)
        clip = speech(EACH + 30)
        for _ in range(ROUNDS):
            training.pause()
            window.listening.stop()
            pump(1.0)
            theirs.append(bare.measure(EACH))
            live(window, clip)
            training.go_on()
            ours.append(taken(training))
        training.stop()
    name, length = f"{kind}, {size}", f"{ROUNDS} x {EACH:g} s"
    found = [
        Figure(f"{name}: a step alone", 1e3 * median([each[0] for each in theirs])),
        Figure(f"{name}: a step with live views", 1e3 * median([each[0] for each in ours]), note=length),
    ]
    for index, (words, target) in enumerate((("ratio", MOST), ("ratio without making batches", MOST))):
        ratio = median([one[index] / other[index] for one, other in zip(ours, theirs, strict=True)])
        if index == 0 or kind == "torch":
            found.append(Figure(f"{name}: {words}", ratio, "", target))
    return found


def taken(training: Training) -> tuple[float, float]:
    """Mean seconds a step, all in all and without making its batch, over EACH."""
    from PySide6.QtCore import QEventLoop, QTimer

    begun, began, loop = len(training.steps), time.perf_counter(), QEventLoop()
    QTimer.singleShot(round(1e3 * EACH), loop.quit)
    loop.exec()
    came = training.steps[begun:]
    seconds = time.perf_counter() - began
    return seconds / len(came), sum(each.values["seconds"] for each in came) / len(came)
