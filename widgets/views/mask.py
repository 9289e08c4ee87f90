"""The gains by which denoisers multiply each frequency at each moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from widgets.auditioned import AuditionLane

if TYPE_CHECKING:
    from widgets import reduce
    from widgets.strip import Strip

TITLE = "Mask"
LANE = True
ORDER = 21
LEFT_OUT = True


class View(AuditionLane):
    """0 takes a frequency out, 1 lets it through, as wet, limit and keep leave them."""

    TITLE = TITLE
    PART = "mask"
    KIND = "share"
    HOW: reduce.How = "mean"
    ABOUT = (
        "The gain of each frequency over time: 0 takes it out, 1 lets it through. As it acts: a dry part, an "
        "attenuation limit and a background that is kept in pauses lift it. Of a denoiser that has no mask, what "
        "came out over what went in."
    )

    def ends(self, strip: Strip) -> tuple[str, str]:
        return "0 out", "through 1"

    def badge(self) -> str:
        """Who made it, and how open it is in the mean."""
        means = " · ".join(f"{100 * float(strip.series.values.mean()):.0f} %" for strip in self.strips)
        said = {"measured" if each.series.note.startswith("measured") else "own gains" for each in self.strips}
        return f"{said.pop() if len(said) == 1 else 'some measured'}<br>open {means}"
