"""A piano roll: notes as bars over time, pitch upward, on rows shaded as the keys of a piano."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QBrush, QPen

from widgets import theme

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from PySide6.QtGui import QPainter

Look = Literal["bar", "hatched", "frame", "dashed"]
"""Bars are what is played or told, hatched where that is wrong; frames are true, dashed where they were missed."""
OCTAVE = 12
_STEPS = ("C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B")
_BLACK = frozenset({1, 3, 6, 8, 10})
_NAME = re.compile(r"([A-G])([♯#]?)(-?\d)")
_INKS = {"bar": "accent", "hatched": "bad", "frame": "text", "dashed": "warn"}
_FAINT = 0.35  # the opacity of a note without any strength


@dataclass(frozen=True)
class Note:
    """From `start` to `stop` seconds, with a MIDI number, and how strong it is: 0 to 1."""

    start: float
    stop: float
    pitch: int
    strength: float = 1.0


@dataclass(frozen=True)
class Keys:
    """The pitches that a roll shows, from the lowest to the highest, each a row."""

    low: int
    high: int

    @property
    def count(self) -> int:
        return self.high - self.low + 1

    def share(self, pitch: float) -> float:
        """Where the middle of a row lies, from 0 at the top to 1."""
        return (self.high - pitch + 0.5) / self.count

    def pitch(self, share: float) -> int:
        """The row at a share of the height."""
        return min(self.high, max(self.low, self.high - math.floor(share * self.count)))

    def marks(self, height: float) -> list[tuple[float, str]]:
        """For a vertical axis `height` pixels high: every C, or of many some, as (share, name)."""
        octaves = max(1, math.ceil(11 * self.count / OCTAVE / max(height, 1)))
        cs = range(-(-self.low // OCTAVE) * OCTAVE, self.high + 1, OCTAVE * octaves)
        return [(self.share(each), name_of(each)) for each in cs]


def pitch_of(name: str) -> int | None:
    """`C♯4` -> 61, as MIDI counts; None for what is no note."""
    found = _NAME.fullmatch(name)
    return _STEPS.index(found[1]) + bool(found[2]) + OCTAVE * (int(found[3]) + 1) if found else None


def name_of(pitch: int) -> str:
    """61 -> `C♯4`."""
    return f"{_STEPS[pitch % OCTAVE]}{pitch // OCTAVE - 1}"


def keys_of(pitches: Iterable[int]) -> Keys:
    """Room for all of these and a row around them, and never less than an octave."""
    known = sorted(pitches) or [60, 71]
    spare = max(2, OCTAVE - (known[-1] - known[0] + 1))
    return Keys(known[0] - spare // 2, known[-1] + spare - spare // 2)


def paint_keys(painter: QPainter, box: QRectF, keys: Keys) -> None:
    """The rows: black keys shaded, and a line below every C."""
    palette = theme.current()
    row = box.height() / keys.count
    for pitch in range(keys.low, keys.high + 1):
        top = box.top() + (keys.high - pitch) * row
        if pitch % OCTAVE in _BLACK:
            painter.fillRect(QRectF(box.left(), top, box.width(), row), palette.colour("grid", 0.6))
        if pitch % OCTAVE == 0:
            painter.fillRect(QRectF(box.left(), top + row - 0.5, box.width(), 1), palette.colour("line"))


def paint_notes(
    painter: QPainter,
    box: QRectF,
    notes: Iterable[Note],
    keys: Keys,
    x: Callable[[float], float],
    look: Look = "bar",
) -> None:
    """Notes on the rows of `keys` in `box`; `x` turns seconds into pixels. A bar is as opaque as it is strong."""
    row, palette = box.height() / keys.count, theme.current()
    for note in notes:
        left, right = max(x(note.start), box.left() - 2), min(x(note.stop), box.right() + 2)
        if right < box.left() or left > box.right() or not keys.low <= note.pitch <= keys.high:
            continue
        top = box.top() + (keys.high - note.pitch) * row
        place = QRectF(left, top, max(right - left, 2.0), row)
        ink = palette.colour(_INKS[look], _FAINT + (1 - _FAINT) * min(max(note.strength, 0.0), 1.0))
        if look in ("frame", "dashed"):
            painter.setBrush(Qt.BrushStyle.NoBrush)
            line = Qt.PenStyle.DashLine if look == "dashed" else Qt.PenStyle.SolidLine
            painter.setPen(QPen(ink, 1, line))
            painter.drawRect(place.adjusted(0.5, 0.5, -0.5, -0.5))
            continue
        inner = place.adjusted(0, max(0.15 * row, 0.5), 0, -max(0.15 * row, 0.5))
        if look == "bar":
            painter.fillRect(inner, ink)
            continue
        painter.fillRect(inner, palette.colour("bad", 0.25))
        painter.fillRect(inner, QBrush(ink, Qt.BrushStyle.BDiagPattern))
        painter.setPen(QPen(ink, 1))
        painter.drawRect(inner.adjusted(0.5, 0.5, -0.5, -0.5))
