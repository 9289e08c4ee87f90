"""Local SNR over time: how far speech stands over error in each moment of every version, in one picture."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from engine.trace import Key
from widgets import axis, theme
from widgets.heat import HeatLane
from widgets.strip import number
from widgets.stroke import ink
from widgets.unit import curves

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtWidgets import QWidget

    from engine.session import Session
    from engine.trace import Series
    from widgets.lane import Reading, Tick
    from widgets.strip import Strip

TITLE = "Local SNR"
LANE = True
ORDER = 24
LEFT_OUT = True
_NAME = "local_snr"
_PENS = ((Qt.PenStyle.DotLine, "┈"), (Qt.PenStyle.SolidLine, "━"), (Qt.PenStyle.DashLine, "╌"))
"""The lines of the versions and their signs: the noisy one is dotted."""
_MARKS = ((0.0, "0 dB"), (10.0, "10 dB"), (20.0, "20 dB"), (30.0, "30 dB"))


class View(HeatLane):
    """A line for each version, all over one another. They are measured while the lane can be seen."""

    TITLE = TITLE
    NAMES = (_NAME,)
    WEIGHT = 3
    ABOUT = (
        "In every 32 ms, the power of the clean sound over that of all that differs from it, in decibels: from "
        "−10 to 35, and nothing where nobody speaks. A line higher up is nearer to the clean sound. It needs the "
        "clean sound, which is known where noise was added here."
    )

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.watch("local_snr")

    def source(self) -> Mapping[Key, Series]:
        """By the place of the version, what was measured of it."""
        found, traced = self.session.state.local_snr, self.session.state.traced
        if self.live or found is None or traced is None or found.sound_id != traced.sound.id:
            return {}
        return {Key(_NAME, place): series for place, series in enumerate(found.series.values(), 1)}

    def keys(self) -> list[Key]:
        return sorted(self.source())

    def fits(self, trace: object) -> bool:
        """It has something to say of every sound, if only why there is nothing."""
        return True

    def _say_nothing(self) -> None:
        super()._say_nothing()
        traced = self.session.state.traced
        if self.live:
            self.say("The local SNR is measured of clips: end the live view first.")
        elif traced is not None and (traced.clean.id == traced.sound.id or self._is_alone(traced.sound.id)):
            self.say("Without noise there is nothing to measure: turn the SNR down in the panel Sound.")
        elif traced is not None:
            self.say("The local SNR is being measured …")

    def _is_alone(self, sound_id: str) -> bool:
        """Whether it is known that this sound has none to be set beside."""
        found = self.session.state.local_snr
        return found is not None and found.sound_id == sound_id and not found.series

    def name_of(self, key: Key) -> str:
        return str(self.source()[key].rows[0])

    def badge(self) -> str:
        """Which line is which version, and what it comes to on the average."""
        palette = theme.current()
        lines = []
        for place, strip in enumerate(self.strips):
            mean = float(np.nanmean(strip.series.values)) if np.isfinite(strip.series.values).any() else np.nan
            colour = palette.curves[place % len(palette.curves)]
            lines.append(f"<span style='color:{colour}'>{_pen(place)[1]}</span> {strip.name} {number(mean, 2)}")
        return "<br>".join(["mean in dB", *lines[:4]])

    # The picture.

    def _dress_header(self, table_theme: str) -> None:
        """Lines need no bar of colours."""
        self.header.set_badge(self.badge())

    def _draw_strip(self, strip: Strip) -> None:
        """The line is made as it is painted."""

    def box(self, count: int, index: int) -> QRectF:
        """They share the lane."""
        return super().box(1, 0)

    def paint(self, painter: QPainter, area: QRectF) -> None:
        if not self.strips:
            return
        box, first = self.box(1, 0).adjusted(0, 3, 0, -3), self.strips[0]
        painter.setFont(theme.font(theme.SMALL - 1))
        for value, text in _MARKS:
            y = box.bottom() - (value - first.low) / (first.high - first.low) * box.height()
            painter.fillRect(QRectF(box.left(), round(y), box.width(), 1), ink("grid"))
            painter.setPen(ink("muted"))
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom
            painter.drawText(QRectF(box.right() - 64, y - 15, 60, 14), right, text)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for place, strip in enumerate(self.strips):
            painter.setPen(QPen(ink(str(place)), 1.75, _pen(place)[0]))
            for curve in curves(strip, box, self.axis(), strip.series.values, *self.clock(strip.series)):
                painter.drawPolyline(curve)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def paint_names(self, painter: QPainter) -> None:
        """Their names stand in the head of the lane."""

    def ticks(self, area: QRectF) -> list[Tick]:
        """They stand at the lines across."""
        return []

    def _reading(self, strip: Strip, unit: int, time: float) -> Reading:
        """All of them at the moment under the pointer."""
        found = super()._reading(strip, unit, time)
        values = [(each.name, self.value(each, 0, time)) for each in self.strips]
        known = [(name, value) for name, value in values if value is not None and np.isfinite(value)]
        told = [f"{name} {number(value, 2)} dB" for name, value in known]
        words = "   ".join([axis.clock(time), *(told or ["nobody speaks"])])
        return replace(found, text=words, key=None, unit=None)


def _pen(place: int) -> tuple[Qt.PenStyle, str]:
    return _PENS[0] if place == 0 else _PENS[1 + (place - 1) % 2]
