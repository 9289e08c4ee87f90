"""The training panel: how a network is trained, whatever it learns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from widgets.knobs import Form

if TYPE_CHECKING:
    from PySide6.QtGui import QShowEvent

    from engine.knob import Settings


class TrainingPanel(QWidget):
    """`changed(settings)` comes for every knob turned by hand."""

    changed = Signal(object)

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.form: Form | None = None
        self._settings = settings
        self._column = column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(8)
        note = QLabel("Learning rate, decay and clipping act at once; the others at the next start.")
        note.setWordWrap(True)
        note.setProperty("role", "muted")
        column.addWidget(note)

    def showEvent(self, event: QShowEvent) -> None:
        """The knobs are made when they are first seen."""
        if self.form is None:
            self.form = Form(self._settings, "training")
            self.form.changed.connect(lambda settings, _: self.changed.emit(settings))
            self._column.addWidget(self.form)
        super().showEvent(event)
