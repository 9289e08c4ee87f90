"""The cell state c of an LSTM over time: its long-term memory, with how long it lasts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.trace import Key
from widgets.memory import half_life
from widgets.states import StateLane

if TYPE_CHECKING:
    from engine.trace import Series

TITLE = "Cell state"
LANE = True
ORDER = 50
AUTO = True
"""Shown only where the network has it."""
FOLD = True
"""Begins folded: the hidden state and the gates tell the same story at first sight."""


class View(StateLane):
    """Has no natural range: the colours reach as far as nearly all values do, alike to both sides of 0."""

    TITLE = TITLE
    NAMES = ("c",)
    SORTS = True
    ABOUT = (
        "The long-term memory of each unit, a row each; it has no limits. "
        "Half-life: the frames after which half of it is forgotten, by the chosen unit or else in the median."
    )
    ABSENT = "Only an LSTM has a cell state. Choose such a network in the Model panel."

    def span_of(self, key: Key, series: Series) -> tuple[float, float]:
        return self.scales.of_stream(key, series) if self.live else self.scales.of_clip(key, series)

    def badge(self) -> str:
        words = f"{self.strips[0].rows} units"
        gate = self.source().get(Key("gate.f", self.strips[0].key.layer, self.strips[0].key.direction))
        if gate is None or self.live:
            return words
        lives = half_life(gate.values)
        cursor = self.session.state.cursor
        chosen = cursor.key is not None and cursor.unit is not None and cursor.unit < len(lives)
        life = float(lives[cursor.unit] if chosen else np.median(lives))
        # No wider than the header: 99 stands for more, too.
        frames = f"{life:.1f} frames" if life < 10 else f"{life:.0f} frames" if life < 99 else "99+ frames"
        return f"{words}<br>half-life {frames}"
