"""What is heard as pictures beside the captions: waveform, spectrogram and hidden states."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from engine import catalog
from widgets import theme

if TYPE_CHECKING:
    from PySide6.QtGui import QColor, QFont

    from engine.session import Session

SHOWN = {"waveform": 2, "spectrogram": 4, "hidden": 4}
"""The views, and their shares of the height."""


class Pictures(QWidget):
    """The lanes of the window once more, in a palette of their own, with large names in place of heads and
    axes, whose numbers nobody could read from afar.

    They are made when they are first shown.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.lanes: dict[str, Any] = {}
        self.names: dict[str, QLabel] = {}
        self._palette = "dark"
        self._rows = QGridLayout(self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(2)
        self._rows.setColumnStretch(1, 1)

    def wear(self, palette: str, face: QFont, ink: QColor) -> None:
        """`dark` or `light`, and the letters of the names."""
        self._face, self._ink = face, ink
        self._name()
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
            lane.canvas.ticked = False
            self.names[name] = QLabel(lane.TITLE)
            self.names[name].setMouseTracking(True)
            row = len(self.names) - 1
            self._rows.addWidget(self.names[name], row, 0)
            self._rows.addWidget(lane, row, 1)
            self._rows.setRowStretch(row, share)
        self._name()

    def _name(self) -> None:
        for name in self.names.values():
            name.setFont(self._face)
            name.setStyleSheet(f"color: {self._ink.name()}; padding: 0 {self._face.pixelSize() // 2}px")

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
