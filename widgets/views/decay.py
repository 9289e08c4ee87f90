"""Memory: how the gradient of one output fades back in time, in an RNN, an LSTM and a GRU on the same sound.

Dashed is the most that the norm could be in the RNN, by its weights and the slopes of its tanh.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QCoreApplication, QEvent, QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from widgets import chosen, theme
from widgets.bands import Bands
from widgets.knobs import Form
from widgets.plot import Line, Plot, Scale
from widgets.scroll import scrolled
from widgets.stroke import ink
from widgets.view import Follower
from widgets.view import View as Base

if TYPE_CHECKING:
    from engine.events import Decay, Echo
    from engine.session import Session

TITLE = "Memory"
LANE = False
ORDER = 60
DEEPEST = 1e-12
"""The share of the greatest norm below which nothing is drawn."""
_PLOT = 15 * theme.GRID
_HELP = "Open a sound to see how far back its network remembers."
_INKS = {"rnn": "2", "lstm": "0", "gru": "3"}


class View(Base):
    """Lines over the time before the chosen moment, a table of horizons, and the radius to look with."""

    TITLE = TITLE

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.form: Form | None = None
        self.about = QLabel()
        self.about.setWordWrap(True)
        self.plot = Plot("Gradient by the time before the output")
        self.bands = Bands(self.plot)
        self.table = QLabel()
        self.table.setTextFormat(Qt.TextFormat.RichText)
        self.table.setWordWrap(True)
        self.why = QLabel()
        self.why.setProperty("role", "muted")
        self.why.setWordWrap(True)
        self.highway = Plot("Cell state of the first layer: what is left of it")
        self.plot.setMinimumHeight(_PLOT)
        self.highway.setMinimumHeight(_PLOT)
        inside = QWidget()
        self._area = scrolled(self, inside, TITLE)
        self._column = QVBoxLayout(inside)
        self._column.setContentsMargins(8, 4, 8, 8)
        self._column.setSpacing(4)
        for part, stretch in (
            (self.about, 0),
            (self.plot, 3),
            (self.bands, 0),
            (self.table, 0),
            (self.why, 0),
            (self.highway, 2),
        ):
            self._column.addWidget(part, stretch)
        self._button: Follower | None = None
        self.watch("echo", "backward", "traced", "clip", "transport")

    def sizeHint(self) -> QSize:
        return QSize(36 * theme.GRID, 60 * theme.GRID)

    def minimumSizeHint(self) -> QSize:
        return QSize(30 * theme.GRID, 24 * theme.GRID)

    def refresh(self) -> None:
        self._controls()
        state = self.session.state
        known = chosen.is_known(state, "echo") and not state.transport.live
        echo = state.echo if known else None
        for part in (self.about, self.plot, self.bands, self.table):
            part.setVisible(echo is not None)
        self.why.setVisible(echo is not None and bool(echo.why))
        self.highway.setVisible(echo is not None and echo.highway is not None)
        if echo is None:
            self.say(chosen.missing(state, _HELP))
            return
        self.say("")
        self._show(echo)
        # What is higher now is laid out at once, not one picture later.
        self._column.activate()
        QCoreApplication.sendEvent(self._area, QEvent(QEvent.Type.LayoutRequest))

    def _show(self, echo: Echo) -> None:
        settings = self.session.state.backward
        radius = f", every radius set to {settings.radius:.2f}" if getattr(settings, "rescale", False) else ""  # type: ignore[union-attr]
        edits = ", with the edits" if echo.edited else ""
        if edits and echo.others:
            edits += " (the others as they are)"
        self.about.setText(
            f"From {chosen.said(echo.output, echo.share)} back in time: ‖∂L/∂h‖ of all layers{radius}{edits}."
        )
        decays = echo.others or (echo.decay,)
        lines = [line for each in decays for line in (_line(each), *_limit(each))]
        self.plot.put(lines, x=Scale("ms before"), y=Scale("share of the most", log=True))
        bands = [(each.cell.upper(), _INKS.get(each.cell, "4"), each.layers) for each in decays]
        self.bands.put(bands, 1000 / decays[0].rate)
        rows = "".join(_row(each, each is echo.decay) for each in decays)
        head = "".join(f"<td align=right>&nbsp;&nbsp;{each}</td>" for each in ("horizon", "a step back", "bound"))
        self.table.setText(f"<table><tr><td></td>{head}</tr>{rows}</table>")
        self.why.setText(f"No highway: {echo.why}.")
        if echo.highway is not None:
            slope, product = echo.highway
            at = 1000 * np.arange(len(slope)) / echo.decay.rate
            lines = [
                Line("product of f", at, product, "1"),
                Line("∂c/∂c", at[:: _few(at)], slope[:: _few(at)], "2", "points"),
            ]
            self.highway.put(lines, x=Scale("ms before"), y=Scale("memory left, layer 1"))

    def _controls(self) -> None:
        """The radius, and the button that plays: made when there is something for them."""
        settings = self.session.state.backward
        if settings is not None and self.form is None:
            self.form = Form(settings, "backward", only=("rescale", "radius"))
            self.form.changed.connect(lambda made, _: self.session.set("backward", made))
            self._column.insertWidget(0, self.form)
            self.form.show()  # a layout shows what it gets only when the events are next seen to
        elif settings is not None and self.form is not None and self.form.settings is not settings:
            self.form.show_settings(settings)
        action = self.window().findChild(QAction, "hear_echo")
        if action is not None and self._button is None:
            self._button = Follower(action)
            self._column.addWidget(self._button, 0, Qt.AlignmentFlag.AlignLeft)
            self._button.show()


def _line(decay: Decay) -> Line:
    """The norms as shares of the greatest, over milliseconds before the chosen moment."""
    shares = decay.norms / max(float(decay.norms.max(initial=0.0)), 1e-300)
    shares = np.where(shares >= DEEPEST, shares, np.nan)
    at = 1000 * np.arange(len(shares)) / decay.rate
    return Line(decay.cell.upper(), at, shares, _INKS.get(decay.cell, "4"), end=decay.cell.upper())


def _limit(decay: Decay) -> list[Line]:
    """The most that the norms can be, where that is known: as a threshold, which may leave the plot."""
    if decay.limits is None:
        return []
    shares = decay.limits / max(float(decay.norms.max(initial=0.0)), 1e-300)
    at = 1000 * np.arange(len(shares)) / decay.rate
    return [Line("bound", at, shares, _INKS.get(decay.cell, "4"), "steps", faint=True)]


def _row(decay: Decay, own: bool) -> str:
    """A line of the table: the name, the horizon, the factor of one step, and the greatest there could be."""
    seconds = decay.horizon
    horizon = f"{1000 * seconds:.0f} ms" if seconds < 1 else f"{seconds:.2f} s"
    cells = (
        horizon if decay.ended else f"&gt; {horizon}",
        f"× {math.exp(decay.slope):.2f}",
        f"× {decay.bound:.2f}" if decay.bound else "",
    )
    said = decay.cell.upper() + (" (untrained)" if decay.name.startswith("untrained") else "")
    name = f"<b>{said}</b>" if own else said
    mark = f"<span style='color:{ink(_INKS.get(decay.cell, '4')).name()}'>■</span>"
    return (
        f"<tr><td>{mark} {name}</td>"
        + "".join(f"<td align=right>&nbsp;&nbsp;{each}</td>" for each in cells)
        + "</tr>"
    )


def _few(at: np.ndarray) -> int:
    """Every so many of the points, that they can be told apart from the line."""
    return max(1, len(at) // 24)
