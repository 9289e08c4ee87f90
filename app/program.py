"""The program: its window from the first paint to its end, and what signals and errors do meanwhile."""

from __future__ import annotations

import logging
import signal
import sys
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from app import jobs
from app.collector import Collector
from app.log import keep_log
from app.trouble import explain
from app.window import Window
from widgets import theme

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import TracebackType

log = logging.getLogger(__name__)


def main(files: Sequence[Path] = (), in_process: bool = False, fresh: bool = False, network: str = "") -> int:
    """Open the window and run until it is closed; returns the exit code.

    With `in_process` training is a thread of this process, for debugging, not a process of its own.
    """
    keep_log()
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    app.setApplicationName("Otoscope")
    window = Window(files, fresh, network, in_process)
    guard(window)
    collector = Collector()
    window.wiring.on(jobs.Ready, lambda _: collector.spare())
    theme.apply(app, window.theme_name)
    window.show()
    try:
        return app.exec()
    finally:
        collector.close()
        # However the loop ended: a thread cut off inside torch would abort the program.
        window.wiring.close()


def guard(window: Window) -> None:
    """Ctrl+C and `kill` end the window; what goes wrong in a slot is told and logged."""

    def told(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        log.error("an error in the window", exc_info=(kind, error, trace))
        window.wiring.tell(explain(error, "drawing the window"), "error")

    sys.excepthook = told

    for name in (signal.SIGINT, signal.SIGTERM):
        # Not here: a signal may come in the middle of a paint, or before the window is shown.
        signal.signal(name, lambda *_: QTimer.singleShot(0, window, window.end))
