"""What is heard as pictures beside the captions: waveform, spectrogram and hidden states."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine import catalog
from widgets import theme

if TYPE_CHECKING:
    from engine.session import Session

SHOWN = {"waveform": 2, "spectrogram": 4, "hidden": 4}
"""The views, and their shares of the height."""


class Pictures(QWidget):
    """The lanes of the window once more, without their heads, in a palette of their own.

    They are made when they are first shown.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.lanes: dict[str, Any] = {}
        self._palette = "dark"
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(2)

    def wear(self, palette: str) -> None:
        """`dark` or `light`."""
        if palette != self._palette:
            self._palette = palette
            for lane in self.lanes.values():
                lane.mark()
                lane.canvas.update()

    def tick(self) -> None:
        if not self.isVisible():
            return
        if not self.lanes:
            self._make()
        with theme.worn(self._palette):
            for lane in self.lanes.values():
                lane.tick()

    def _make(self) -> None:
        for name, share in SHOWN.items():
            lane = self.lanes[name] = catalog.load("widgets.views", name).View(self.session)
            lane.header.hide()
            lane.setMouseTracking(True)
            for each in (lane, lane.canvas):
                each.installEventFilter(self)
            lane.canvas.setEnabled(False)  # to be looked at: no zoom, no cursor
            self._column.addWidget(lane, share)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Painting, and what makes a picture for it, wears the palette of the presentation."""
        if event.type() == QEvent.Type.Paint:
            with theme.worn(self._palette):
                watched.paintEvent(event)  # type: ignore[attr-defined]
            return True
        if event.type() == QEvent.Type.Show:
            with theme.worn(self._palette):
                watched.event(event)
            return True
        return False
