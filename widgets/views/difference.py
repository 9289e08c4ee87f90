"""The spectrogram of the enhanced sound over that of the noisy one, in decibels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from widgets.auditioned import AuditionLane

if TYPE_CHECKING:
    from widgets import reduce

TITLE = "Difference"
LANE = True
ORDER = 24
LEFT_OUT = True
FOLD = True


class View(AuditionLane):
    """Blue was lowered, orange was raised; what nothing happened to has the colour of the ground."""

    TITLE = TITLE
    PART = "difference"
    KIND = "signed"
    HOW: reduce.How = "peak"
    ABOUT = (
        "The spectrogram of the enhanced sound less that of the noisy one, in decibels: blue was lowered, orange "
        "was raised, and what nothing happened to has the colour of the ground."
    )

    def badge(self) -> str:
        return "over the noisy"

    def absent(self) -> str:
        pictured = self.session.state.pictured
        if pictured is not None and any(name.startswith("difference:") for name in pictured.series):
            return "Only a spectrogram in decibels has a difference: choose one in the panel Sound."
        return super().absent()
