"""The spectrogram of the sound before the chain added noise: what a denoiser should come to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.trace import Key
from widgets.auditioned import AuditionLane

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.trace import Series
    from widgets.strip import Strip

TITLE = "Clean"
LANE = True
ORDER = 26
LEFT_OUT = True


class View(AuditionLane):
    """There where the chain adds something to the sound, for then what came in is known."""

    TITLE = TITLE
    PART = "clean"
    ABOUT = (
        "The sound before noise was added: what a denoiser should come to. It is known where the noise comes from "
        "the chain; of a noisy recording there is none."
    )

    def source(self) -> Mapping[Key, Series]:
        pictured = self.session.state.pictured
        shown = pictured.series.get("clean") if pictured is not None and not self.live else None
        return {} if shown is None else {Key("clean"): shown}

    def heard(self, key: Key) -> str:
        return "clean"

    def label(self, strip: Strip, unit: int) -> str:
        return super(AuditionLane, self).label(strip, unit)

    def absent(self) -> str:
        return (
            "Nothing was added to this sound, so no clean one is known. Add noise in the panel Sound to have it."
        )

    def offered(self) -> tuple[str, ...]:
        return ("panel:sound",)
