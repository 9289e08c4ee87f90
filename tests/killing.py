"""Programs that are killed as they work, started by tests/app/test_killing.py: `killing.py DOING FILE`.

What is done is edit, record, microphone (a real one is recorded) or save (to the file). Each prints a line with
what it has done so far, and the time, until it is no more.
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from engine import asset, document
from engine.audio import record
from engine.audio.feed import Feed
from engine.chain import default_sound_chain
from engine.clip import from_array
from engine.session import State

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.window import Window

STEP = 40
"""Milliseconds between two lines."""


def tell(value: float) -> None:
    sys.stdout.write(f"{value} {time.time()}\n")
    sys.stdout.flush()


def edit() -> int:
    """The SNR goes from -20 dB upwards, a hundredth at a time."""

    def turn(window: Window) -> None:
        chain = window.session.state.chain
        index = next(i for i, link in enumerate(chain) if link.stage == "noise")
        snr = chain[index].settings.snr + 0.01  # type: ignore[attr-defined]
        if window.session.state.clip is None or window.session.state.network is None:
            return
        link = replace(chain[index], settings=chain[index].settings.but(snr=snr))
        window.session.set("chain", (*chain[:index], link, *chain[index + 1 :]), merge="drag")
        tell(snr)

    return _run(turn)


def recording(card: bool = False) -> int:
    """The microphone is recorded; without a sound card it hears a clip again and again."""
    clip = asset.open_bundled("digits")
    if not card:
        record.Recorder = lambda _, rate: Feed(clip, rate, loop=True)  # type: ignore[assignment, misc]
    began: list[float] = []

    def look(window: Window) -> None:
        if not window.listening.recording:
            if window.wiring.ready and window.session.state.network is not None:
                window.actions_by_name["record"].trigger()
        elif window.session.state.live:
            began.append(time.time())
            tell(time.time() - began[0])

    return _run(look)


def saving(path: Path) -> int:
    """Two sessions by turns over the same file; the number of the one that is whole is told."""
    clips = [from_array(asset.open_bundled("digits").read() * share, 16000, str(share)) for share in (1.0, 0.5)]
    for number in range(10**6):
        for _ in document.save(State(clip=clips[number % 2], chain=default_sound_chain()), path):
            pass
        tell(number)
    return 0


def _run(step: Callable[[Window], None]) -> int:
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    from app import program

    app = QApplication(sys.argv[:1])
    timer = QTimer()

    def tick() -> None:
        for each in app.topLevelWidgets():
            if isinstance(each, program.Window):
                step(each)

    timer.timeout.connect(tick)
    timer.start(STEP)
    return program.main()


if __name__ == "__main__":
    doing, where = sys.argv[1], Path(sys.argv[2])
    sys.exit(
        {"edit": edit, "record": recording, "microphone": lambda: recording(True), "save": lambda: saving(where)}[
            doing
        ]()
    )
