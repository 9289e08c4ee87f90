"""Waiting for a window: its events go on until something is so."""

from __future__ import annotations

import faulthandler
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QApplication

    from app.window import Window


def pump(app: QApplication, until: Callable[[], object], seconds: float = 120.0) -> None:
    end = time.monotonic() + seconds
    while not until():
        if time.monotonic() >= end:
            faulthandler.dump_traceback()  # what hangs once in a while is hard to see again
            raise AssertionError("it never happened")
        app.processEvents()
        time.sleep(0.002)


def analysed(window: Window) -> bool:
    traced = window.session.state.traced
    return traced is not None and traced.network_id != "" and not window.wiring.workers["inspect"].busy
