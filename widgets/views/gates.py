"""The gates of a recurrent layer over time, one strip each, with how much of them stands open or shut."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from widgets import theme
from widgets.lane import Tick
from widgets.states import StateLane

if TYPE_CHECKING:
    from PySide6.QtCore import QRectF

    from engine.trace import Key, Series
    from widgets.strip import Strip

TITLE = "Gates"
LANE = True
ORDER = 60
AUTO = True
"""Shown only where the network has it."""
_OPEN, _SHUT = 0.9, 0.1
_TALL, _APART = 30, 7
_CANDIDATES = {"gate.g", "gate.n"}
_WORDS = dict(f="forget", i="input", o="output", g="candidate", r="reset", z="update", n="candidate")


class View(StateLane):
    """Gates from 0 to 1; the candidate, a tanh, from -1 to 1 in the colours of the hidden state."""

    TITLE = TITLE
    NAMES = ("gate.f", "gate.i", "gate.o", "gate.g", "gate.r", "gate.z", "gate.n")
    KIND = "share"
    HOW = "mean"
    WEIGHT = 5
    ABOUT = (
        "What each gate of each unit lets through: 0 is shut, 1 is open. Beside each letter: the share of values "
        "that are open (over 0.9) and shut (under 0.1). The candidate, what would be written, goes from -1 to 1. "
        "The half-life of a unit is the time after which its forget gate, or z, has left half of what it held "
        "(in the learning plan's GRU, 1 − z does)."
    )
    ABSENT = "Only LSTM and GRU have gates. Choose such a network in the Model panel."

    def span_of(self, key: Key, series: Series) -> tuple[float, float]:
        return (-1.0, 1.0) if key.name in _CANDIDATES else (0.0, 1.0)

    def kind_of(self, key: Key) -> str:
        return "signed" if key.name in _CANDIDATES else "share"

    def name_of(self, key: Key) -> str:
        letter = key.name.removeprefix("gate.")
        arrow = "" if self.layers.single else "←" if key.direction == "backward" else "→"
        return letter + arrow

    def badge(self) -> str:
        if self.live:
            return f"{self.strips[0].rows} units"
        lines = []
        for strip in self.strips:
            if strip.key.name in _CANDIDATES:
                continue
            values = strip.series.values
            opened, shut = (100 * np.count_nonzero(each) / each.size for each in (values > _OPEN, values < _SHUT))
            lines.append(f"<b style='color:{theme.current().text}'>{strip.name}</b> {opened:.0f} | {shut:.0f} %")
        return "<br>".join(["&nbsp;&nbsp;open | shut", *lines])

    def ends(self, strip: Strip) -> tuple[str, str]:
        low, high = super().ends(strip)
        return (f"{strip.name} {low}", high) if strip.key.name in _CANDIDATES else (f"{low} shut", f"open {high}")

    def ticks(self, area: QRectF) -> list[Tick]:
        """The word below the letter, where there is room."""
        found = super().ticks(area)
        if not self.strips or self.box(len(self.strips), 0).height() < _TALL:
            return found
        found = [replace(each, at=each.at - _APART / area.height()) if each.strong else each for each in found]
        for index, strip in enumerate(self.strips):
            middle = self.box(len(self.strips), index).center().y()
            word = "cand." if strip.key.name in _CANDIDATES else _WORDS[strip.key.name.removeprefix("gate.")]
            found.append(Tick((middle + _APART - area.top()) / area.height(), word, mark=False))
        return found

    def label(self, strip: Strip, unit: int) -> str:
        return f"{_WORDS[strip.key.name.removeprefix('gate.')]} {unit}"
