"""A lane of what denoisers make: a strip for each, under the tag of the sound that it shows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engine.trace import Key
from widgets.ears import Ears
from widgets.frequency import frequency_marks
from widgets.heat import HeatLane
from widgets.strip import MINUS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtCore import QPointF, QRectF
    from PySide6.QtGui import QMouseEvent, QPainter
    from PySide6.QtWidgets import QWidget

    from engine.session import Session
    from engine.trace import Series
    from widgets import reduce
    from widgets.lane import Reading
    from widgets.strip import Strip

_PICTURE = Key("picture")


class AuditionLane(HeatLane):
    """Subclasses name the PART of the pictures that they show, and the sound that a strip lets be heard.

    The layer of a key is the place of its denoiser, from 1; 0 for what no denoiser made.
    """

    PART = ""
    HEARD = "enhanced"
    """What is heard by the tag of a strip: `enhanced` or `residual` of its denoiser."""
    KIND = "magnitude"
    HOW: reduce.How = "most"
    WEIGHT = 3
    HELP = "Open a sound or record one, and choose a denoiser."

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.ears = Ears(session)
        self.watch("enhanced", "pictured", "denoisers", "jobs", "offers")
        self.overlay("transport", "audible")

    def source(self) -> Mapping[Key, Series]:
        """By the place of the denoiser, what was drawn of it."""
        state = self.session.state
        if self.live:
            return self._latest
        if state.pictured is None or state.traced is None:
            return {}
        series, found = state.pictured.series, {}
        for place, name in enumerate(state.denoisers or (), 1):
            shown = series.get(f"{self.PART}:{name}")
            if shown is not None and len(shown.values):
                found[Key(self.PART, place)] = shown
        return found

    def keys(self) -> list[Key]:
        return sorted(self.source())

    def wants(self, key: Key) -> bool:
        """Live, what is heard through a denoiser is drawn beside what came in."""
        return key.name == self.PART

    def denoiser(self, key: Key) -> str:
        """The denoiser that a strip is of."""
        return (self.session.state.denoisers or ())[key.layer - 1]

    def heard(self, key: Key) -> str:
        """What the tag of a strip lets be heard."""
        return f"{self.HEARD}:{self.denoiser(key)}"

    def title_of(self, key: Key) -> str:
        """What a denoiser is called."""
        name = self.denoiser(key)
        offers = {each.name: each.title for each in self.session.state.offers}
        made = {each.name: each.title for each in self.session.state.enhanced}
        return made.get(name) or offers.get(name, name)

    def span_of(self, key: Key, series: Series) -> tuple[float, float]:
        """The range of the noisy spectrogram, so that colours can be compared; or the series' own."""
        if series.low is not None and series.high is not None:
            return series.low, series.high
        traced = self.session.state.traced
        noisy = traced.trace.series.get(_PICTURE) if traced is not None else None
        return self.scales.of_clip(_PICTURE, noisy if noisy is not None else series)

    def name_of(self, key: Key) -> str:
        return ""

    def badge(self) -> str:
        return self.strips[0].series.note or {"mel": "mel scale", "frequency": "linear"}.get(
            self.strips[0].series.axis, self.strips[0].series.axis
        )

    def marks(self, strip: Strip, height: float) -> list[tuple[float, str]]:
        return frequency_marks(strip, height) or super().marks(strip, height)

    # What is said where there is nothing.

    def _say_nothing(self) -> None:
        super()._say_nothing()
        state = self.session.state
        if self.live and state.monitored is not None:
            self.say("Of a microphone this is not known.")
        elif self.live:
            self.say("Denoisers are compared on clips. To hear one live, denoise the microphone.", "monitor")
        elif state.traced is not None:
            self.say(self.absent(), *self.offered())

    def absent(self) -> str:
        """Why nothing is here, and what would fill it."""
        state = self.session.state
        if not state.denoisers:
            return "Choose a denoiser in the panel Denoise, and what it makes of the sound is drawn here."
        troubles = [each for each in state.offers if each.trouble and each.name in state.denoisers]
        if len(troubles) == len(state.denoisers):
            return troubles[0].trouble
        doing = next((each.doing for name, each in state.jobs.items() if name.startswith("denoise by")), "")
        return f"{doing} is listening …" if doing else "The denoiser is listening …"

    def offered(self) -> tuple[str, ...]:
        """Actions of the window that would fill it."""
        return () if self.session.state.denoisers else ("panel:denoise",)

    # Tags, and what is under the pointer.

    def paint_over(self, painter: QPainter, area: QRectF) -> None:
        if self.live:
            return
        count = len(self.strips)
        self.ears.lay_out((self.heard(each.key), self.box(count, place)) for place, each in enumerate(self.strips))
        self.ears.paint(painter)

    def pressed(self, event: QMouseEvent) -> bool:
        return self.ears.press(event.position())

    def clicked(self, point: QPointF) -> None:
        """Sets the cursor; a frequency is no unit to be traced."""
        self.move_cursor(self.axis().time(point.x()))

    def read(self, point: QPointF) -> Reading | None:
        found = super().read(point)
        return None if found is None else replace(found, key=None, unit=None)

    def label(self, strip: Strip, unit: int) -> str:
        named = f"{self.title_of(strip.key)}   " if len(self.strips) > 1 else ""
        return named + super().label(strip, unit).replace("-", MINUS)
