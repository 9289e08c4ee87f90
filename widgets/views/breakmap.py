"""Break it: where a denoiser fails, for every kind of noise and SNR; a click sets the sliders there."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QLabel, QVBoxLayout

from widgets import theme
from widgets.breakgrid import BreakGrid
from widgets.knobs import Form
from widgets.panels.words import say
from widgets.view import View as Base

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from engine.session import Session, State

TITLE = "Break it"
LANE = False
ORDER = 52
_JOB, _QUALITY, _STAGE = "break-it map", "quality", "noise"
_BEGINS = "The map is being made: the first cells take some seconds."
_FIRST = "Quality is measured first; then the map is made."
_USUAL = {"pesq_wb": (1.0, 3.5), "stoi": (0.5, 1.0), "si_sdr": (-5.0, 20.0), "dnsmos_ovrl": (1.0, 4.5)}
"""Values at the ends of the colours."""
_ASK = "How well a denoiser does in every noise, and from where on it fails. Choose one in the panel Denoise."
_TAKEN = " The recording is taken for clean: with noise in it, all seems to fail."
_LIVE = "The map is made of clips: end the live view first."
_ABOUT = (
    "Each cell is the clean sound in one kind of noise at one SNR, denoised and measured: the stronger its "
    "colour, the better, and a cross marks what fails. The ring is where the sliders of the noise stand. It is "
    "filled from coarse to fine, and waits while something plays."
)


class View(Base):
    """The grid, the sentence, and what it is a map of. `chosen(snr, row)` asks for the sliders to be set."""

    TITLE = TITLE
    chosen = Signal(float, str)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.grid, self.said = BreakGrid(), QLabel()
        self.grid.setWhatsThis(_ABOUT)
        self.said.setWordWrap(True)
        self.said.setToolTip(_ABOUT)
        self.grid.chosen.connect(self.chosen)
        self.form: Form | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(theme.GRID, theme.GRID, theme.GRID, theme.GRID)
        self._column.setSpacing(theme.GRID)
        self._column.addWidget(self.said)
        self._column.addWidget(self.grid)
        self._column.addStretch(1)
        self.watch("breakmap", "breaking", "denoisers", "offers", "traced", "jobs", "transport")
        self.watch("chain")

    def sizeHint(self) -> QSize:
        return QSize(36 * theme.GRID, 46 * theme.GRID)

    def minimumSizeHint(self) -> QSize:
        return QSize(34 * theme.GRID, 24 * theme.GRID)

    def refresh(self) -> None:
        state = self.session.state
        self._show_form(state)
        live = state.transport.live
        there = bool(state.denoisers) and state.traced is not None and not live
        for part in (self.grid, self.said, self.form):
            if part is not None:
                part.setVisible(there)
        if not there:
            self.say(_LIVE if live else _ASK)
            return
        self.say("")
        found = state.breakmap
        metric = found.metric if found is not None else ""
        self.grid.show_map(found, _USUAL.get(metric, (0.0, 1.0)))
        self.grid.show_place(*_sliders(state))
        self._tell(state)

    def repaint_later(self) -> None:
        """Nothing: the grid paints itself anew."""

    def _show_form(self, state: State) -> None:
        if state.breaking is None:
            return
        if self.form is None:
            self.form = Form(state.breaking, "breaking")
            self.form.changed.connect(lambda wish, _: self.session.set("breaking", wish))
            self._column.insertWidget(0, self.form)
        elif self.form.settings != state.breaking:
            self.form.show_settings(state.breaking)

    def _tell(self, state: State) -> None:
        found = state.breakmap
        if found is None:
            say(self.said, _FIRST if _QUALITY in state.jobs else _BEGINS, "muted")
            return
        held = found.share < 1 and (state.transport.playing or state.transport.recording)
        rest = f" {100 * found.share:.0f} % of it is known" if found.share < 1 else ""
        why = ", it waits for the sound to end." if held else "." if rest else ""
        absent = " What is hatched has no value: the pointer asks why." if found.reasons else ""
        taken = "" if any(each.stage == _STAGE and each.on for each in state.chain) else _TAKEN
        say(self.said, f"{found.text}.{rest}{why}{absent}{taken}", "")


def _sliders(state: State) -> tuple[float, str]:
    """The SNR and the kind of noise of the chain; NaN where there is none, or it is off."""
    for link in state.chain:
        if link.stage == _STAGE:
            settings = link.settings
            return (float(settings.snr), str(settings.kind)) if link.on else (math.nan, "")  # type: ignore[attr-defined]
    return math.nan, ""
