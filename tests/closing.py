"""Opens the window, starts a job by chance, and closes the window at a moment by chance: `closing.py SEED FOLDER`.

A program of its own, started by tests/app/test_closing.py.
"""

from __future__ import annotations

import random
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import soundfile
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMessageBox

from app import window as program

if TYPE_CHECKING:
    from collections.abc import Callable


def long_file(folder: Path) -> Path:
    """Three minutes of noise, whose peaks take a moment."""
    path = folder / "long.wav"
    soundfile.write(path, 0.1 * np.random.default_rng(0).standard_normal(180 * 16000), 16000)
    return path


def drag(window: program.Window) -> None:
    """Turn the SNR on every tick until the window is closed."""
    timer = QTimer(window)

    def turn() -> None:
        chain = window.session.state.chain
        index = next(i for i, link in enumerate(chain) if link.stage == "noise")
        snr = float(random.randint(-20, 40))
        link = replace(chain[index], settings=chain[index].settings.but(snr=snr))
        window.session.set("chain", (*chain[:index], link, *chain[index + 1 :]), merge="drag")

    timer.timeout.connect(turn)
    timer.start(15)


def jobs(folder: Path) -> dict[str, Callable[[program.Window], None]]:
    """What may be going on, by name."""

    def action(*names: str) -> Callable[[program.Window], None]:
        def trigger(window: program.Window) -> None:
            for name in names:
                window.actions_by_name[name].trigger()

        return trigger

    def both(window: program.Window) -> None:
        action("train")(window)
        drag(window)

    return {
        "start": lambda window: None,
        "drag": drag,
        "train": action("train"),
        "train and drag": both,
        "live": action("live_clip"),
        "train and live": action("train", "live_clip"),
        "play": action("loop", "play"),
        "open": lambda window: window.open_paths([long_file(folder)]),
    }


def answer() -> None:
    """A training that runs may end: the question is answered once it is asked."""
    box = QApplication.activeModalWidget()
    if isinstance(box, QMessageBox):
        box.buttons()[0].click()


def main(seed: int, folder: Path) -> int:
    """Run the window as the program does; returns its exit code."""
    chance = random.Random(seed)
    app = QApplication(sys.argv[:1])
    known = jobs(folder)
    name = sorted(known)[seed % len(known)]

    def begin() -> None:
        window = next(each for each in app.topLevelWidgets() if isinstance(each, program.Window))
        known[name](window)
        QTimer.singleShot(int(2500 * chance.random() ** 2), window, window.close)

    QTimer.singleShot(int(4000 * chance.random()), begin)
    hand = QTimer()
    hand.timeout.connect(answer)
    hand.start(100)
    code = program.main(fresh=True)
    hand.stop()
    sys.stdout.write(f"{name}: closed\n")
    return code


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), Path(sys.argv[2])))
