"""A strip: one series as a heat map, its range and colours, and where each of its units lies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from PySide6.QtGui import QImage

    from engine.trace import Key, Series
    from widgets import reduce

UPWARD = {"frequency", "mel", "mfcc", "cqt", "feature", "frame"}
"""Axes whose first row lies at the bottom, as in every spectrogram."""


@dataclass
class Strip:
    """One heat map of a lane: which series, its range and colours, and what was made of it for the screen."""

    key: Key
    series: Series
    low: float
    high: float
    kind: str
    how: reduce.How
    name: str = ""
    order: np.ndarray | None = None
    image: QImage | None = None
    first: int = 0

    @property
    def upward(self) -> bool:
        return self.series.axis in UPWARD

    @property
    def rows(self) -> int:
        return int(self.series.values.shape[1])

    def unit(self, share: float) -> int:
        """The unit at a share of the height, from 0 at the top."""
        row = min(self.rows - 1, max(0, int(share * self.rows)))
        row = self.rows - 1 - row if self.upward else row
        return row if self.order is None else int(self.order[row])

    def share(self, unit: int) -> float:
        """Where the middle of a unit lies, from 0 at the top."""
        row = unit if self.order is None else int(np.flatnonzero(self.order == unit)[0])
        share = (row + 0.5) / self.rows
        return 1 - share if self.upward else share


def number(value: float, digits: int = 2) -> str:
    """A number for people: `digits` significant ones, or decimals from 3 on, with a real minus sign."""
    text = f"{value:.{digits}f}" if digits > 2 else f"{value:.{digits}g}" if abs(value) < 100 else f"{value:.0f}"
    return text.replace("-", MINUS if float(text) else "")  # not even a minus before nothing


MINUS = "\N{MINUS SIGN}"
