"""How a denoised sound is mixed: wet, limit and keep, and the limit of each band behind a disclosure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QToolButton, QVBoxLayout, QWidget

from engine.knob import knobs
from widgets import theme
from widgets.knobs import Form

if TYPE_CHECKING:
    from engine.knob import Settings

BAND = "limit_"
_ABOUT = (
    "The attenuation limit of each band, for what is above and below it in between: a band that you need, such as "
    "that of consonants, is lowered by no more than this."
)


class Mix(QWidget):
    """Like a Form of the options: `changed(settings, merge)` while a slider is dragged, then `ended`."""

    changed = Signal(object, str)
    ended = Signal()

    def __init__(self, settings: Settings, context: str) -> None:
        super().__init__()
        names = [each.name for each in knobs(type(settings)) if each.name.startswith(BAND)]
        self.all, self.bands = Form(settings, context, without=names), Form(settings, context, only=names)
        self.by_band = QToolButton()
        self.by_band.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.by_band.setAutoRaise(True)
        self.by_band.setToolTip(_ABOUT)
        self.by_band.setWhatsThis(_ABOUT)
        self.by_band.setAccessibleName("Attenuation limit by band")
        self.by_band.clicked.connect(lambda: self._open(self.bands.isHidden()))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GRID // 2)
        for widget in (self.all, self.by_band, self.bands):
            column.addWidget(widget)
        for form in (self.all, self.bands):
            form.changed.connect(self._turned)
            form.ended.connect(self.ended)
        self.show_settings(settings)
        self._open(False)

    @property
    def settings(self) -> Settings:
        return self.all.settings

    def show_settings(self, settings: Settings) -> None:
        """Show other values without telling of it."""
        for form in (self.all, self.bands):
            form.show_settings(settings)
        self._name()

    def _turned(self, settings: Settings, merge: str) -> None:
        self.show_settings(settings)
        self.changed.emit(settings, merge)

    def _open(self, on: bool) -> None:
        self.by_band.setArrowType(Qt.ArrowType.DownArrow if on else Qt.ArrowType.RightArrow)
        self.bands.setVisible(on)

    def _name(self) -> None:
        """A limit of a band that is set is told though it is folded."""
        every = ((each, getattr(self.settings, each.name)) for each in knobs(type(self.settings)))
        found = [f"{each.label} {value:g}" for each, value in every if each.name.startswith(BAND) and value < 100]
        told = ", ".join(found[:2]) + (" …" if len(found) > 2 else "")
        self.by_band.setText(f"By band: {told} dB" if found else "By band")
