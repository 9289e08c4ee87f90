"""What is stored: how well each layer's states tell which phoneme sounded how long ago."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QLabel, QVBoxLayout

from widgets import theme
from widgets.panels.words import say
from widgets.plot import Line, Plot, Scale
from widgets.view import View as Base

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from engine.session import Session

TITLE = "What is stored"
LANE = False
ORDER = 42
_INKS = ("accent", "1", "2", "3", "4", "5")
_ASK = "Linear probes read from the states which phoneme sounded how long ago: how well, and for how long?"
_WORKS = "Synthetic words are read through the network …"
_ABOUT = (
    "Learnt by least squares on synthetic words, and tried on others in other voices. Chance is the best guess "
    "without looking at the states."
)


class View(Base):
    """A curve for each layer over the time looked back, and the level of chance."""

    TITLE = TITLE

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.plot = Plot(TITLE)
        self.plot.setWhatsThis(_ABOUT)
        self.plot.setToolTip(_ABOUT)
        self.said = QLabel()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, theme.GRID // 2, 0, 0)
        column.setSpacing(0)
        self.said.setContentsMargins(theme.GRID, 0, theme.GRID, 0)
        column.addWidget(self.said)
        column.addWidget(self.plot, 1)
        self.watch("stored", "network", "jobs")

    def sizeHint(self) -> QSize:
        return QSize(30 * theme.GRID, 26 * theme.GRID)

    def minimumSizeHint(self) -> QSize:
        return QSize(26 * theme.GRID, 16 * theme.GRID)

    def refresh(self) -> None:
        state, found = self.session.state, self.session.state.stored
        there = found is not None and state.network is not None and found.network_id == state.network.id
        self.plot.setVisible(there)
        self.said.setVisible(there)
        if found is None or not there:
            working = "what is stored" in state.jobs
            self.say(_WORKS if working else _ASK, *(() if working else ("stored",)))
            return
        self.say("")
        lines = [
            Line(f"layer {layer}", found.seconds, 100 * values, _INKS[(layer - 1) % len(_INKS)])
            for layer, values in found.accuracy.items()
        ]
        lines.append(Line("chance", found.seconds, 100 * found.chance, "muted", faint=True))
        self.plot.put(lines, (), Scale("s ago"), Scale("% right"))
        kept = ", ".join(f"{found.horizon(layer):.2f} s" for layer in found.accuracy)
        say(self.said, f"half is kept for {kept}", "muted")

    def repaint_later(self) -> None:
        """Nothing: the plot paints itself anew."""
