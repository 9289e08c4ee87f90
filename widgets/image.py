"""Arrays to pictures: a matrix through a colour table, and a ring that paints only its new columns."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from widgets import colour, reduce
from widgets.ring import SECONDS, Ring

BLANK = np.uint32(0)


def picture(values: np.ndarray, low: float, high: float, table: np.ndarray, upward: bool) -> QImage:
    """Columns [n, N] as an image n wide and N high; `upward` puts row 0 at the bottom."""
    rows = values.T[::-1] if upward else values.T
    pixels = table[colour.indices(np.ascontiguousarray(rows, np.float32), low, high)]
    height, width = pixels.shape
    # The copy lets go of the array: QImage keeps no reference to memory that it did not allocate.
    return QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32).copy()


class Roll(Ring):
    """A ring with its picture: every column is painted once, when it comes, and never again."""

    def __init__(self, rate: float, rows: int, seconds: float = SECONDS) -> None:
        super().__init__(rate, rows, seconds)
        self.how: reduce.How = "peak"
        self._draw_on(rows)

    def _draw_on(self, lines: int) -> None:
        self.lines = lines
        self._pixels = np.zeros((lines, self.capacity), np.uint32)
        size = self.capacity, lines, 4 * self.capacity
        self._image = QImage(self._pixels.data, *size, QImage.Format.Format_ARGB32_Premultiplied)

    def fit(self, height: int, how: reduce.How) -> bool:
        """Where there are fewer pixels than rows, several share one, as `how` says. True: paint all anew."""
        lines = min(self.rows, max(height, 1))
        if (lines, how) == (self.lines, self.how):
            return False
        self.how = how
        self._draw_on(lines)
        return True

    def push(
        self, values: np.ndarray, time: float, low: float, high: float, table: np.ndarray, upward: bool
    ) -> None:
        """Columns [n, N] of which the first lies at `time`. A gap since the last ones stays blank."""
        kept, slots, gap = self.write(values, time)
        self._pixels[:, gap] = BLANK
        coloured = table[colour.indices(reduce.fewer_rows(kept, self.lines, self.how), low, high)]
        self._pixels[:, slots] = (coloured[:, ::-1] if upward else coloured).T

    def recolour(self, low: float, high: float, table: np.ndarray, upward: bool) -> None:
        """Paint every column again: the theme or the range changed."""
        shown = reduce.fewer_rows(self.values.copy(), self.lines, self.how)
        coloured = table[colour.indices(shown.copy(), low, high)].T
        self._pixels[:] = np.where(np.isnan(shown.T), BLANK, coloured)[:: -1 if upward else 1]

    def draw(self, painter: QPainter, target: QRectF, start: float, stop: float) -> None:
        """The stretch from start to stop seconds over the whole of `target`."""
        # Half a frame: a frame fills its time from half before its centre to half after it.
        begin = max(start * self.rate + 0.5, self.oldest)
        end = min(stop * self.rate + 0.5, self.end)
        scale = target.width() / max((stop - start) * self.rate, 1e-9)
        origin = target.left() - (start * self.rate + 0.5) * scale
        while begin < end:
            slot = begin % self.capacity
            count = min(end - begin, self.capacity - slot)
            goal = QRectF(origin + begin * scale, target.top(), count * scale, target.height())
            painter.drawImage(goal, self._image, QRectF(slot, 0, count, self.lines))
            begin += count
