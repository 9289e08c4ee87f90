"""Attribution: what the output at the cursor has heard, in every band and at every moment."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from engine.trace import Key
from widgets import chosen
from widgets.frequency import frequency_marks
from widgets.heat import HeatLane
from widgets.strip import MINUS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtCore import QPointF, QRectF
    from PySide6.QtGui import QPainter
    from PySide6.QtWidgets import QWidget

    from engine.events import Attributed
    from engine.session import Session
    from engine.trace import Series
    from widgets.lane import Reading
    from widgets.strip import Strip

TITLE = "Attribution"
LANE = True
ORDER = 86
LEFT_OUT = True
_KEY = Key("attribution")
_METHODS = {"integrated": "integrated", "times input": "gradient × input"}


class View(HeatLane):
    """The features' shape in signed colours: what speaks for the output, and what against it."""

    TITLE = TITLE
    NAMES = ("attribution",)
    HOW = "peak"
    ABOUT = (
        "What the sound adds to the odds of the output at the cursor, in nats: orange speaks for it, blue against "
        "it. Click another moment to ask about it; click a class in the posteriors to ask about that one. "
        "Integrated gradients add up to the whole, but for the error that is said; gradient × input is quicker."
    )

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.watch("attributed", "backward")

    @property
    def found(self) -> Attributed | None:
        state = self.session.state
        return state.attributed if chosen.is_known(state, "attributed") and not self.live else None

    def source(self) -> Mapping[Key, Series]:
        return {_KEY: self.found.series} if self.found is not None else {}

    def keys(self) -> list[Key]:
        settings = self.session.state.backward
        method = getattr(settings, "method", "")
        self.header.set_choices(
            list(_METHODS.values()), list(_METHODS).index(method) if method in _METHODS else -1
        )
        return list(self.source())

    def _choose(self, index: int) -> None:
        settings = self.session.state.backward
        if settings is not None:
            self.session.set("backward", replace(settings, method=list(_METHODS)[index]))  # type: ignore[call-arg]

    def span_of(self, key: Key, series: Series) -> tuple[float, float]:
        sizes = np.abs(series.values[np.any(series.values != 0, 1)])
        most = float(np.percentile(sizes, 99.8)) if sizes.size else 0.0
        return -max(most, 1e-9), max(most, 1e-9)

    def badge(self) -> str:
        found = self.found
        if found is None:
            return ""
        gain = f"{found.gain:+.2f}".replace("-", MINUS)
        error = f"error {100 * found.error:.1f} %" if found.error < 1 else "not complete"
        return f"{gain} nats for<br><b>“{found.output}”</b><br>{error}{chosen.edited(found)}"

    def _say_nothing(self) -> None:
        super()._say_nothing()
        self.say(chosen.missing(self.session.state, self.HELP))

    def read(self, point: QPointF) -> Reading | None:
        """No unit: what is clicked is a moment to be asked about."""
        found = super().read(point)
        return found if found is None or found.unit is None else replace(found, key=None, unit=None)

    def marks(self, strip: Strip, height: float) -> list[tuple[float, str]]:
        return frequency_marks(strip, height) or super().marks(strip, height)

    def paint(self, painter: QPainter, area: QRectF) -> None:
        super().paint(painter, area)
        if self.found is not None:
            x = self.axis().x(self.clip_time(self.found.time))
            chosen.paint_chosen(painter, area, x, chosen.said(self.found.output, self.found.share))
