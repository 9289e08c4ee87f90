"""The features that the network gets, after the masks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from widgets.frequency import frequency_marks
from widgets.heat import HeatLane

if TYPE_CHECKING:
    from engine.trace import Key, Series
    from widgets import reduce
    from widgets.strip import Strip

TITLE = "Features"
LANE = True
ORDER = 30


class View(HeatLane):
    """Colours hold nearly all values of the clip, and keep still while a stream runs."""

    TITLE = TITLE
    NAMES = ("features",)
    KIND = "magnitude"
    HOW = "most"
    ABOUT = (
        "What the network gets, after the masks: a row for each band, in standard deviations (SD) from the mean."
    )

    def badge(self) -> str:
        series = self.strips[0].series
        axis = {
            "mel": "mel bands",
            "frequency": "bins",
            "mfcc": "coefficients",
            "cqt": "notes",
            "sample": "samples",
        }
        return series.note or f"{self.strips[0].rows} {axis.get(series.axis, 'features')}"

    def span_of(self, key: Key, series: Series) -> tuple[float, float]:
        low, high = super().span_of(key, series)
        most = max(abs(low), abs(high))
        return (-most, most) if series.axis == "sample" else (low, high)

    def kind_of(self, key: Key) -> str:
        return "signed" if self._are_samples(key) else self.KIND

    def how_of(self, key: Key) -> reduce.How:
        return "peak" if self._are_samples(key) else self.HOW

    def _are_samples(self, key: Key) -> bool:
        """Whether these are the sound itself, which swings around 0, and no magnitudes."""
        series = self.source().get(key)
        return series is not None and series.axis == "sample"

    def ends(self, strip: Strip) -> tuple[str, str]:
        low, high = super().ends(strip)
        return low, high.replace("deviations", "SD")

    def marks(self, strip: Strip, height: float) -> list[tuple[float, str]]:
        return frequency_marks(strip, height) or super().marks(strip, height)
