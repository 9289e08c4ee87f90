"""The dialog of preferences: a form made from Options, the devices, and the way back to the first start."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QLabel,
    QMessageBox,
    QPushButton,
    QVBoxLayout,
)

from app import associate
from app.preferences import Options
from widgets import files
from widgets.knobs import Form

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from app.window import Window

DEFAULT = "System default"
_NAMES = 128
"""Pixels for the names of what can be chosen."""


class Dialog(QDialog):
    """Every change acts at once, and is remembered."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.window_ = window
        self.setWindowTitle("Preferences")
        self.setMinimumWidth(480)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(16)
        self.form = Form(window.preferences.options, "preferences")
        self.form.changed.connect(lambda options, _: self._change(options))
        browse = QPushButton("…")
        browse.setAccessibleName("Choose the folder of runs")
        browse.setToolTip("Choose the folder of runs")
        browse.setAutoDefault(False)
        browse.clicked.connect(self._browse)
        self.form.editors["runs"].row.addWidget(browse)
        self.form.editors["runs"].line.setPlaceholderText("the usual one")  # type: ignore[attr-defined]
        self.form.layout().setColumnMinimumWidth(0, _NAMES)  # type: ignore[union-attr]
        column.addWidget(self.form)
        column.addLayout(self._devices())
        self.said = QLabel()
        self.said.setWordWrap(True)
        self.said.setProperty("role", "muted")
        self.said.setAccessibleName("What was done")
        column.addWidget(self.said)
        self.said.hide()
        column.addStretch(1)
        column.addWidget(self._buttons())

    def _devices(self) -> QGridLayout:
        from engine.audio import device

        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        grid.setColumnMinimumWidth(0, _NAMES)
        window = self.window_
        self.combos = {}
        for row, (name, found, chosen, choose) in enumerate(
            (
                ("Input", device.inputs(), window.listening.device, window.listening.set_device),
                ("Output", device.outputs(), window.playing.device, window.monitoring.set_output),
            )
        ):
            combo = self._combo(name, (each.name for each in found), chosen, choose)
            label = QLabel(name)
            label.setBuddy(combo)
            grid.addWidget(label, row, 0)
            grid.addWidget(combo, row, 1)
            self.combos[name] = combo
        return grid

    def _combo(
        self, name: str, found: Iterable[str], chosen: str | None, choose: Callable[[str], None]
    ) -> QComboBox:
        combo = QComboBox()
        combo.setAccessibleName(name)
        combo.setMinimumContentsLength(12)
        names = list(found)
        if chosen and chosen not in names:  # it is unplugged now
            names.insert(0, chosen)
        for words, value in ((DEFAULT, ""), *((each, each) for each in names)):
            combo.addItem(words, value)
        combo.setCurrentIndex(max(0, combo.findData(chosen or "")))
        combo.activated.connect(lambda index: choose(combo.itemData(index)))
        return combo

    def _buttons(self) -> QDialogButtonBox:
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        buttons.button(QDialogButtonBox.StandardButton.Close).setDefault(True)
        reset = buttons.addButton("Reset all…", QDialogButtonBox.ButtonRole.ResetRole)
        reset.setToolTip("Everything that is remembered as at the first start")
        reset.setAutoDefault(False)
        reset.clicked.connect(self.reset)
        if sys.platform == "linux":
            opens = buttons.addButton("Open .oto files with Otoscope", QDialogButtonBox.ButtonRole.ActionRole)
            opens.setToolTip("Enter Otoscope in your menu of programs, and sessions as its files")
            opens.clicked.connect(self._associate)
        return buttons

    def _change(self, options: Options) -> None:
        self.window_.preferences.options = options
        self.window_.prefer(options)

    def _browse(self) -> None:
        if path := files.folder(self, "Folder of runs", str(self.window_.runs.folder)):
            self._change(self.window_.preferences.options.but(runs=path))
            self.form.show_settings(self.window_.preferences.options)

    def _associate(self) -> None:
        try:
            self._say(associate.install())
        except OSError as error:
            self._say(f"{error.filename} cannot be written ({error.strerror}): is the folder yours?")

    def _say(self, words: str) -> None:
        self.said.setText(words)
        self.said.show()

    def reset(self) -> None:
        """Everything as at the first start, if that is meant."""
        yes = QMessageBox.StandardButton.Yes
        words = "Panels, theme, devices, volume and recent files as at the first start? Your files stay."
        if QMessageBox.question(self, "Reset all", words) != yes:
            return
        window = self.window_
        window.preferences.clear()
        self._change(Options())
        window.reset_layout()
        window.playing.set_volume(1.0)
        window.monitoring.set_output("")
        window.listening.set_device("")
        window.menus.mark()
        self.form.show_settings(Options())
        for combo in self.combos.values():
            with QSignalBlocker(combo):
                combo.setCurrentIndex(0)
        self._say("All is as at the first start.")
