"""Watching a window from outside: when its lanes have been painted."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QWidget


class Paints(QObject):
    """Calls `done(seconds)` after every round of painting in which `widget` or a part of it was painted.

    Qt paints all that is due in one go; the call comes when that is over, with the time on the monotonic clock.
    """

    def __init__(self, widget: QWidget, done: Callable[[float], None]) -> None:
        super().__init__()
        self._widget, self._done, self._due = widget, done, False
        app = QApplication.instance()
        assert app is not None
        app.installEventFilter(self)

    def stop(self) -> None:
        """Watch no more."""
        app = QApplication.instance()
        assert app is not None
        app.removeEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint and not self._due and self._inside(watched):
            self._due = True
            QTimer.singleShot(0, self._tell)
        return False

    def _inside(self, watched: QObject) -> bool:
        parent: QObject | None = watched
        while parent is not None:
            if parent is self._widget:
                return True
            parent = parent.parent()
        return False

    def _tell(self) -> None:
        self._due = False
        self._done(time.monotonic())
