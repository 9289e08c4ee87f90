"""The features that the network gets, after the masks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from widgets.frequency import frequency_marks
from widgets.heat import HeatLane

if TYPE_CHECKING:
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

    def ends(self, strip: Strip) -> tuple[str, str]:
        low, high = super().ends(strip)
        return low, high.replace("deviations", "SD")

    def marks(self, strip: Strip, height: float) -> list[tuple[float, str]]:
        return frequency_marks(strip, height) or super().marks(strip, height)
