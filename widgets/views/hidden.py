"""The hidden state h of a recurrent layer over time: what it passes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from widgets.states import StateLane

if TYPE_CHECKING:
    from engine.trace import Key, Series

TITLE = "Hidden state"
LANE = True
ORDER = 40
_SATURATED = 0.97


class View(StateLane):
    """Colours from -1 to 1, whatever the values, for tanh knows no more; of other layers, as far as values go."""

    TITLE = TITLE
    NAMES = ("h",)
    SORTS = True
    WEIGHT = 4
    ABOUT = (
        "What each unit passes on, a row each; of recurrent layers from -1 to 1. Saturated: the share of values "
        "beyond 0.97 of that. The white line is the unit that was clicked; the Inspector shows its inner life."
    )
    ABSENT = "The chosen network has no recurrent layer. Choose an RNN, LSTM or GRU."

    def span_of(self, key: Key, series: Series) -> tuple[float, float]:
        if self._bounded():
            return -1.0, 1.0
        return self.scales.of_stream(key, series) if self.live else self.scales.of_clip(key, series)

    def badge(self) -> str:
        if self.live:
            return super().badge()
        if not self._bounded():
            strip = self.strips[0]
            return f"{strip.rows} units<br>{1000 / strip.series.rate:g} ms a step"
        values = np.concatenate([strip.series.values.ravel() for strip in self.strips])
        share = 100 * float((np.abs(values) > _SATURATED).mean())
        return f"{self.strips[0].rows} units<br>{share:.1f} % saturated"

    def _bounded(self) -> bool:
        """Whether the layers are recurrent: then h is o tanh(c), or the like."""
        return self.session.state.network is None or bool(self._kind())
