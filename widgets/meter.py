"""A level meter: RMS as a bar, the held peak as a line, and a light that stays on after clipping."""

from __future__ import annotations

import time

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets import theme

FLOOR = -60.0
"""Decibels below full scale at the left end."""
HOLD = 1.5
"""Seconds that a peak stays before it falls."""

_PUSH = (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter)


class Meter(QWidget):
    """Shows (rms_db, peak_db, clipped); a click, or the space bar on it, puts the clip light out."""

    def __init__(self) -> None:
        super().__init__()
        self._rms = self._peak = FLOOR
        self._held_at = 0.0
        self._clipped = False
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName("Level meter")
        self.setToolTip(
            "Level in decibels below full scale. The light at its end: the sound was clipped; "
            "a click, or Space after Tab, puts it out."
        )
        self.setWhatsThis(self.toolTip())

    def sizeHint(self) -> QSize:
        return QSize(144, 16)

    def minimumSizeHint(self) -> QSize:
        return QSize(56, 16)

    def show_level(self, level: tuple[float, float, bool] | None) -> None:
        """The level now; None when nothing sounds."""
        rms, peak, clipped = level or (FLOOR, FLOOR, False)
        now = time.monotonic()
        before = (self._rms, self._peak, self._clipped)
        # The bar falls by 40 dB a second, so that it can be read; it rises at once.
        self._rms = max(FLOOR, rms, self._rms - 0.66)
        if peak >= self._peak or now - self._held_at > HOLD:
            self._peak, self._held_at = max(peak, FLOOR), now
        self._clipped = self._clipped or clipped
        if (self._rms, self._peak, self._clipped) != before:
            self._changed()

    def put_out(self) -> None:
        """The clip light is off until the next clipped sound."""
        self._clipped = False
        self._changed()

    def light(self) -> QRectF:
        """Where the clip light is."""
        return QRectF(self.width() - 12, (self.height() - 10) / 2, 10, 10)

    def _changed(self) -> None:
        self.setAccessibleDescription(f"{self._rms:.0f} dB" + (", clipped" if self._clipped else ""))
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.put_out()
        super().mousePressEvent(event)

    def event(self, event: QEvent) -> bool:
        """The keys that put the light out are no shortcuts of the window meanwhile."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and event.key() in _PUSH:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _PUSH:
            self.put_out()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Bar in three colours, peak line, clip light."""
        colours = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        height = 8.0
        top = (self.height() - height) / 2
        width = self.width() - 20.0
        painter.setBrush(colours.colour("line"))
        painter.drawRoundedRect(QRectF(0, top, width, height), 3, 3)
        for low, high, name in ((FLOOR, -18.0, "good"), (-18.0, -6.0, "warn"), (-6.0, 0.0, "bad")):
            end = min(self._rms, high)
            if end > low:
                left, right = ((each - FLOOR) / -FLOOR * width for each in (low, end))
                painter.setBrush(colours.colour(name))
                painter.drawRect(QRectF(left, top, right - left, height))
        if self._peak > FLOOR:
            painter.setBrush(colours.colour("text"))
            painter.drawRect(QRectF(min((self._peak - FLOOR) / -FLOOR, 1.0) * width - 1, top - 2, 2, height + 4))
        painter.setBrush(colours.colour("bad" if self._clipped else "line"))
        if self.hasFocus():
            painter.setPen(QPen(colours.colour("accent"), 2))
        painter.drawEllipse(self.light())
