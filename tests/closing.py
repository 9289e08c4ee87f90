"""Opens the window, starts a job by chance, and closes the window at a moment by chance: `closing.py SEED FOLDER`.

A program of its own, started by tests/app/test_closing.py. A training is closed upon while it prepares, or up to
2.5 s after its third step: the user is asked once, and where it then stands lies behind no step that was told.
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

from app import program
from engine import checkpoint, standing

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


def train(window: program.Window) -> None:
    """A network that needs no recordings, with steps of milliseconds."""
    like = checkpoint.untrained("phonemes")
    window.session.set("network", checkpoint.untrained(like, like.settings.but(hidden=32, layers=1)))
    window.runs.settings = window.runs.settings.but(steps=100_000, batch=1, evaluate_every=0)
    window.runs.start()


def jobs(folder: Path) -> dict[str, Callable[[program.Window], None]]:
    """What may be going on, by name."""

    def action(*names: str) -> Callable[[program.Window], None]:
        def trigger(window: program.Window) -> None:
            for name in names:
                window.actions_by_name[name].trigger()

        return trigger

    def both(*started: Callable[[program.Window], None]) -> Callable[[program.Window], None]:
        def start(window: program.Window) -> None:
            for each in started:
                each(window)

        return start

    return {
        "start": lambda window: None,
        "drag": drag,
        "prepare": train,
        "train": train,
        "train and drag": both(train, drag),
        "live": action("live_clip"),
        "train and live": both(train, action("live_clip")),
        "play": action("loop", "play"),
        "open": lambda window: window.opening.open_all([long_file(folder)]),
    }


def lost(window: program.Window, asked: list[str], questions: int) -> str:
    """What is wrong with how it ended: other questions than these, or a step that was told and is lost."""
    if len(asked) != questions:
        return f"asked {asked}"
    history = window.session.state.history
    if history.began is None or not len(history.steps):
        return ""
    assert history.began.folder is not None
    told, stood = history.steps[-1].step, standing.load(history.began.folder / standing.NAME).step
    return "" if stood >= told else f"standing at step {stood}, when step {told} was told"


def main(seed: int, folder: Path) -> int:
    """Run the window as the program does; returns its exit code."""
    chance = random.Random(seed)
    app = QApplication(sys.argv[:1])
    known = jobs(folder)
    name = sorted(known)[seed % len(known)]
    windows: list[program.Window] = []
    asked: list[str] = []

    def begin() -> None:
        window = next(each for each in app.topLevelWidgets() if isinstance(each, program.Window))
        windows.append(window)
        window.runs.folder = folder / "runs"
        known[name](window)
        close(window)

    def close(window: program.Window) -> None:
        """A training is in its midst first."""
        if name.startswith("train") and len(window.session.state.history.steps) < 3:
            QTimer.singleShot(20, window, lambda: close(window))
        else:
            QTimer.singleShot(int(2500 * chance.random() ** 2), window, window.close)

    def answer() -> None:
        """A training that runs may end: the question is answered once it is asked."""
        box = QApplication.activeModalWidget()
        if isinstance(box, QMessageBox):
            asked.append(box.text())
            accepts = QMessageBox.ButtonRole.AcceptRole
            next(each for each in box.buttons() if box.buttonRole(each) == accepts).click()

    QTimer.singleShot(int(4000 * chance.random()), begin)
    hand = QTimer()
    hand.timeout.connect(answer)
    hand.start(100)
    code = program.main(fresh=True)
    hand.stop()
    trouble = lost(windows[0], asked, int(name == "prepare" or name.startswith("train")))
    sys.stdout.write(f"{name}: {trouble or 'closed'}\n")
    return code


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), Path(sys.argv[2])))
