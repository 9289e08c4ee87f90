"""The training panel: how a network is trained, whatever it learns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from widgets.knobs import Form

if TYPE_CHECKING:
    from engine.knob import Settings


class TrainingPanel(QWidget):
    """`changed(settings)` comes for every knob turned by hand."""

    changed = Signal(object)

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(8)
        note = QLabel("Learning rate, decay and clipping act at once; the others at the next start.")
        note.setWordWrap(True)
        note.setProperty("role", "muted")
        column.addWidget(note)
        self.form = Form(settings, "training")
        self.form.changed.connect(lambda settings, _: self.changed.emit(settings))
        column.addWidget(self.form)
