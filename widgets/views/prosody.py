"""Prosody over time: how high, how loud, how voiced and how fast somebody speaks."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from widgets import axis, theme
from widgets.heat import HeatLane
from widgets.strip import number
from widgets.stroke import ink
from widgets.unit import curves

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtWidgets import QWidget

    from engine.session import Session
    from engine.trace import Key, Series
    from widgets.lane import Reading
    from widgets.strip import Strip

TITLE = "Prosody"
LANE = True
ORDER = 25
LEFT_OUT = True
_WORDS = {"f0": "pitch", "energy": "level", "voicing": "voiced", "rate": "pace"}
_RANGES = {
    "f0": (math.log2(60.0), math.log2(500.0)),
    "energy": (-70.0, 0.0),
    "voicing": (0.0, 1.0),
    "rate": (0.0, 8.0),
}
_MARKS = {
    "f0": ((math.log2(100), "100 Hz"), (math.log2(200), "200 Hz"), (math.log2(400), "400 Hz")),
    "energy": ((-60.0, "\N{MINUS SIGN}60 dB"), (-30.0, "\N{MINUS SIGN}30 dB")),
    "voicing": ((0.5, "0.5"),),
    "rate": ((2.0, "2 /s"), (4.0, "4 /s"), (6.0, "6 /s")),
}
"""The lines across, and what they say, upwards."""
_TEXT = 14
"""Pixels of a line of text."""


class View(HeatLane):
    """A line each, one below the other. They are measured while the lane can be seen."""

    TITLE = TITLE
    NAMES = tuple(f"prosody.{name}" for name in _WORDS)
    WEIGHT = 5
    ABOUT = (
        "How somebody speaks, in the sound that the network hears: the pitch of the voice in hertz, on a scale of "
        "octaves, where it is voiced; loudness in decibels of full scale; how periodic the sound is, from 0 to 1; "
        "and syllables a second, around each moment."
    )

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.watch("prosody")

    def source(self) -> Mapping[Key, Series]:
        """What was measured of the sound that is shown."""
        found, traced = self.session.state.prosody, self.session.state.traced
        mine = found is not None and traced is not None and found.sound_id == traced.sound.id
        return found.series if mine and found is not None and not self.live else {}

    def _say_nothing(self) -> None:
        super()._say_nothing()
        if self.live:
            self.say("Prosody is measured of clips: end the live view first.")
        elif self.session.state.traced is not None:
            self.say("Pitch, loudness and pace are being measured …")

    def name_of(self, key: Key) -> str:
        return _WORDS[_name(key)]

    def span_of(self, key: Key, series: Series) -> tuple[float, float]:
        return _RANGES[_name(key)]

    def badge(self) -> str:
        """The middle pitch and the pace of what is spoken."""
        values = {_name(strip.key): strip.series.values[:, 0] for strip in self.strips}
        voiced = np.isfinite(values["f0"])
        if not voiced.any():
            return "nothing is voiced"
        middle, pace = float(np.nanmedian(values["f0"])), float(values["rate"][voiced].mean())
        return f"<b>{middle:.0f} Hz</b><br>{pace:.1f} syllables/s<br>{100 * voiced.mean():.0f} % voiced"

    # The picture.

    def _dress_header(self, table_theme: str) -> None:
        """Lines need no bar of colours."""
        self.header.set_badge(self.badge())

    def _draw_strip(self, strip: Strip) -> None:
        """The line is made as it is painted: it has a point a pixel at most."""

    def paint(self, painter: QPainter, area: QRectF) -> None:
        for index, strip in enumerate(self.strips):
            box = self.box(len(self.strips), index).adjusted(0, 3, 0, -3)
            heights = [
                (box.bottom() - (value - strip.low) / (strip.high - strip.low) * box.height(), text)
                for value, text in _MARKS[_name(strip.key)]
            ]
            for y, _ in heights:
                painter.fillRect(QRectF(box.left(), round(y), box.width(), 1), ink("grid"))
            painter.setPen(QPen(ink(str(index)), 1.5))
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for curve in curves(strip, box, self.axis(), _shown(strip), *self.clock(strip.series)):
                painter.drawPolyline(curve)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            _paint_values(painter, heights, box)

    def marks(self, strip: Strip, height: float) -> list[tuple[float, str]]:
        """They stand at the lines across, where there is room for them."""
        return []

    def _reading(self, strip: Strip, unit: int, time: float) -> Reading:
        """No unit: what is under the pointer is a moment, and a number with its measure."""
        found = super()._reading(strip, unit, time)
        value, words = found.value, self.name_of(strip.key)
        told = (
            "not voiced" if value is None or np.isnan(value) else f"{number(value, 3)} {strip.series.unit}".strip()
        )
        return replace(found, text=f"{words}   {axis.clock(time)}   {told}", key=None, unit=None)


def _paint_values(painter: QPainter, heights: list[tuple[float, str]], box: QRectF) -> None:
    """What the lines across stand for, at their right ends where there is room; a curve ends before a number."""
    painter.setFont(theme.font(theme.SMALL - 1))
    painter.setPen(ink("muted"))
    right, free = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, math.inf
    for y, text in heights:
        top = y - _TEXT if y > box.top() + _TEXT else y
        if top + _TEXT <= free:
            free = top
            beside = QRectF(box.right() - 64, top, 60, _TEXT)
            painter.fillRect(painter.boundingRect(beside, right, text).adjusted(-4, 0, 4, 0), ink("ground"))
            painter.drawText(beside, right, text)


def _name(key: Key) -> str:
    return key.name.removeprefix("prosody.")


def _shown(strip: Strip) -> np.ndarray:
    """Pitch in octaves, all else as it is."""
    values = strip.series.values
    return np.log2(np.maximum(values, 1.0)) if _name(strip.key) == "f0" else values
