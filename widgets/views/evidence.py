"""Evidence over time: what each frame adds to the one answer that a network gives of a whole clip."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.trace import Key
from widgets.heat import HeatLane
from widgets.strip import MINUS

if TYPE_CHECKING:
    from widgets.strip import Strip

TITLE = "Evidence"
LANE = True
ORDER = 75
AUTO = True
"""Shown only where the network answers once a clip."""


class View(HeatLane):
    """A row a class: what speaks for it above 0, what speaks against it below."""

    TITLE = TITLE
    NAMES = ("evidence",)
    WEIGHT = 3
    ABOUT = (
        "Which frames the answer rests on: what each adds to the score of every class (if only one can be right, "
        "against the mean of all). A class's row, added up over the clip, is its score."
    )
    ABSENT = "This network answers at every frame. Another readout in the Model panel gives one answer a clip."

    def answer(self) -> int | None:
        """The class with the highest score."""
        traced = self.session.state.traced
        shares = traced.trace.series.get(Key("posterior")) if traced is not None else None
        return int(shares.values[0].argmax()) if shares is not None and len(shares.values) == 1 else None

    def badge(self) -> str:
        """The answer, and the stretch in which half of what speaks for it lies."""
        strip, answer = self.strips[0], self.answer()
        if answer is None or answer >= strip.rows:
            return f"{strip.rows} classes"
        name = self.label(strip, answer)
        found = half(strip.series.values[:, answer])
        if found is None:
            return f"<b>{name}</b>"
        first, rate = self.clock(strip.series)
        start, stop = (max(0.0, first + (edge - 0.5) / rate) for edge in found)
        return f"<b>{name}</b><br>half of it from<br>{start:.2f} to {stop:.2f} s"

    def marks(self, strip: Strip, height: float) -> list[tuple[float, str]]:
        names = strip.series.rows
        step = max(1, -(-len(names) * 11 // max(int(height), 1)))
        return [((row + 0.5) / len(names), str(names[row])) for row in range(0, len(names), step)]

    def ends(self, strip: Strip) -> tuple[str, str]:
        return f"{MINUS}{strip.high:.2g}", f"{strip.high:.2g}"


def half(values: np.ndarray) -> tuple[int, int] | None:
    """The shortest stretch [a, b) that holds half of what is positive in values [T]; None where nothing is."""
    total = np.r_[0.0, np.cumsum(np.maximum(values, 0.0))]
    if total[-1] <= 0:
        return None
    ends = np.searchsorted(total, total[:-1] + total[-1] / 2)
    inside = np.flatnonzero(ends < len(total))
    best = inside[np.argmin(ends[inside] - inside)]
    return int(best), int(ends[best])
