"""From nothing to the window on the screen, against an empty pyqtgraph window; and the first picture."""

from __future__ import annotations

import subprocess
import sys
import time

from app import commands
from app.bench import Figure, environment, median

ROUNDS = 5
EMPTY = """
import pyqtgraph
from PySide6.QtWidgets import QApplication, QMainWindow
app = QApplication([])
window = QMainWindow()
window.setCentralWidget(pyqtgraph.PlotWidget())
window.resize(1280, 800)
window.show()
"""
OURS = """
from PySide6.QtWidgets import QApplication
from app.window import Window
from widgets import theme
app = QApplication([])
window = Window(fresh=True)
theme.apply(app, window.theme_name)
window.show()
"""
WATCH = """
import sys, time
from PySide6.QtCore import QEvent, QObject, QTimer
class Watch(QObject):
    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.UpdateRequest and watched is window:
            QTimer.singleShot(0, seen)
        return False
told = set()
def seen():
    tell("window")
    session = getattr(window, "session", None)
    if session is None or (session.state.traced is not None and session.state.traced.network_id):
        tell("picture")
        window.close()
        app.quit()
def tell(what):
    if what not in told:
        told.add(what)
        print(what, time.monotonic(), flush=True)
watch = Watch()
app.installEventFilter(watch)
app.exec()
"""


def measure() -> list[Figure]:
    """Both windows are started in turns, each in a new process; medians, the first round left out."""
    empty, ours, pictures = [], [], []
    for _ in range(ROUNDS + 1):
        empty.append(started(EMPTY)["window"])
        seen = started(OURS)
        ours.append(seen["window"])
        pictures.append(seen["picture"])
    window, least = median(ours[1:]), median(empty[1:])
    return [
        Figure("an empty PySide6 and pyqtgraph window", 1e3 * least),
        Figure("Otoscope's window", 1e3 * window),
        Figure("ratio", window / least, "", 1.5),
        Figure("first analysed picture", median(pictures[1:]), "s", 3.0),
    ]


def started(code: str) -> dict[str, float]:
    """Seconds from starting the process to what it tells. The clock is the system's, the same in all processes."""
    began = time.monotonic()
    ran = subprocess.run(
        [sys.executable, "-P", "-c", code + WATCH],
        env=environment() | {"PYTHONPATH": commands.headless()["PYTHONPATH"]},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if ran.returncode:
        raise RuntimeError(ran.stderr[-600:])
    return {name: float(when) - began for name, when in (line.split() for line in ran.stdout.splitlines())}
