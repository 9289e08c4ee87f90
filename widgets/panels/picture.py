"""The picture panel: which transform the spectrogram lane shows, and its knobs."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QComboBox, QVBoxLayout, QWidget

from engine import catalog
from widgets.knobs import Form
from widgets.panels.group import Group

if TYPE_CHECKING:
    from engine.knob import Settings
    from engine.session import Session

NAMES = {"stft": "Spectrum (STFT)", "mel": "Mel", "logmel": "Log-mel", "mfcc": "MFCC", "cqt": "Constant Q"}
_HELP = "Which transform the spectrogram lane shows. It changes the picture alone, not what the network hears."


class PicturePanel(QWidget):
    """Edits `session.picture`, a link to a stage whose role is transform."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._form: Form | None = None
        self._kinds = [name for name in NAMES if name in catalog.names("stages")]
        inside = QWidget()
        self._column = QVBoxLayout(inside)
        self._column.setSpacing(4)
        self.kind = QComboBox()
        self.kind.addItems([NAMES[name] for name in self._kinds])
        self.kind.setAccessibleName("Kind of spectrogram")
        self.kind.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.kind.setToolTip(_HELP)
        self.kind.setWhatsThis(_HELP)
        self.kind.activated.connect(self._choose)
        self._column.addWidget(self.kind)
        self.group = Group("Spectrogram", lambda: inside, switch=False, tip=_HELP)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(8, 0, 8, 8)
        outer.addWidget(self.group)
        session.on("picture", self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show the session's picture."""
        link = self.session.state.picture
        if link is None:
            return
        with QSignalBlocker(self.kind):
            self.kind.setCurrentIndex(self._kinds.index(link.stage) if link.stage in self._kinds else -1)
        self.group.say(NAMES.get(link.stage, link.stage))
        if self._form is None or type(self._form.settings) is not type(link.settings):
            if self._form is not None:
                self._column.removeWidget(self._form)
                self._form.deleteLater()
            self._form = Form(link.settings, link.stage)
            self._form.changed.connect(self._change)
            self._form.ended.connect(self.session.end_merge)
            self._column.addWidget(self._form)
        elif self._form.settings is not link.settings:
            self._form.show_settings(link.settings)

    def dress(self) -> None:
        """After a change of theme."""
        self.group.dress()

    def _choose(self, index: int) -> None:
        name = self._kinds[index]
        link = self.session.state.picture
        if link is not None:
            settings = catalog.load("stages", name).Settings()
            self.session.set("picture", dataclasses.replace(link, stage=name, settings=settings))

    def _change(self, settings: Settings, merge: str) -> None:
        link = self.session.state.picture
        if link is not None:
            self.session.set("picture", dataclasses.replace(link, settings=settings), f"picture.{merge}")
