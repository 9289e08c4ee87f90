"""The controls of a presentation: size, theme, layout, display, begin and end; there while the mouse moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QColorDialog, QComboBox, QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from widgets import theme
from widgets.presentlook import LAYOUTS, NAMES, THEMES, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Lectern(QFrame):
    """A bar over the captions. `chosen` gives other Settings."""

    chosen = Signal(object)
    asked = Signal()
    displayed = Signal(str)
    left = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.opened = False
        """Whether a list or a dialog of it is open."""
        self._settings, self._scale = Settings(), 1.0
        self.setObjectName("lectern")
        self.setAutoFillBackground(True)
        self.setAccessibleName("Controls of the presentation")
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 12, 8)
        row.setSpacing(theme.GRID)
        self.size_ = QLabel()
        self.size_.setMinimumWidth(56)
        self.size_.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.smaller = self._button("\N{MINUS SIGN}", "Smaller (-)", lambda: self._step(-1))
        self.larger = self._button("+", "Larger (+)", lambda: self._step(1))
        self.theme = self._box("Theme (T)", THEMES, lambda value: self._turn(theme=value))
        self.ink = self._button("Text", "Colour of the text", lambda: self._pick("ink"))
        self.ground = self._button("Ground", "Colour behind the text", lambda: self._pick("ground"))
        self.layout_ = self._box("Layout (L)", LAYOUTS, lambda value: self._turn(layout=value))
        self.display = _Box()
        self.display.setToolTip("Display")
        self.display.setAccessibleName("Display")
        self.display.activated.connect(lambda _: self.displayed.emit(self.display.currentData()))
        self.run = self._button("Start captions", "Begin or end captions (S)", self.asked.emit)
        self.leave = self._button("Leave", "Back to the window (Esc)", self.left.emit)
        parts = (
            self.smaller, self.size_, self.larger, self.theme, self.ink, self.ground, self.layout_, self.display,
            self.run, self.leave,
        )  # fmt: skip
        for part in parts:
            part.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            row.addWidget(part)

    def show_settings(self, settings: Settings, scale: float = 0.0) -> None:
        """`scale`: how large the controls are, of their size on a screen of 1080 lines; 0 leaves it."""
        self._settings, self._scale = settings, scale or self._scale
        self.size_.setText(f"{settings.size} pt")
        for box, value in ((self.theme, settings.theme), (self.layout_, settings.layout)):
            with QSignalBlocker(box):
                box.setCurrentIndex(box.findData(value))
        for button in (self.ink, self.ground):
            button.setVisible(settings.theme == "own")
        size = round(theme.LARGE * self._scale)
        self.setStyleSheet(
            f"* {{ font-size: {size}px; min-height: {2 * size}px }} #lectern {{ border-radius: 8px; "
            f"background: {theme.current().panel}; border: 1px solid {theme.current().line} }}"
        )
        self.resize(self.sizeHint())

    def show_state(self, settings: Settings, running: bool, displays: Mapping[str, str], display: str) -> None:
        self.run.setText("Stop captions" if running else "Start captions")
        with QSignalBlocker(self.display):
            self.display.clear()
            for name, words in displays.items():
                self.display.addItem(words, name)
            self.display.setCurrentIndex(max(0, self.display.findData(display)))
        self.display.setVisible(len(displays) > 1)
        self.show_settings(settings)

    def _turn(self, **changes: object) -> None:
        self.chosen.emit(self._settings.but(**changes))

    def _step(self, by: int) -> None:
        self._turn(size=max(24, min(160, self._settings.size + 4 * by)))

    def _pick(self, which: str) -> None:
        """A colour of one's own; it is seen as it is chosen."""
        dialog = QColorDialog(QColor(getattr(self._settings, which)), self.window())
        dialog.setWindowTitle("Colour of the text" if which == "ink" else "Colour behind the text")
        dialog.setOption(QColorDialog.ColorDialogOption.DontUseNativeDialog)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        before = getattr(self._settings, which)
        dialog.currentColorChanged.connect(lambda colour: self._turn(**{which: colour.name()}))
        dialog.rejected.connect(lambda: self._turn(**{which: before}))
        dialog.finished.connect(lambda _: setattr(self, "opened", False))
        self.opened = True
        dialog.open()

    def _button(self, words: str, tip: str, does: Callable[[], object]) -> QPushButton:
        button = QPushButton(words)
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.clicked.connect(lambda _=False: does())
        return button

    def _box(self, tip: str, values: tuple[str, ...], chosen: Callable[[str], object]) -> QComboBox:
        box = _Box()
        box.setToolTip(tip)
        box.setAccessibleName(tip)
        for value in values:
            box.addItem(NAMES[value], value)
        box.activated.connect(lambda _: chosen(box.currentData()))
        box.shown = self._opened
        return box

    def _opened(self, opened: bool) -> None:
        self.opened = opened


class _Box(QComboBox):
    """Tells when its list is open: the controls stay as long."""

    shown: Callable[[bool], None] = staticmethod(lambda opened: None)

    def showPopup(self) -> None:
        self.shown(True)
        super().showPopup()

    def hidePopup(self) -> None:
        super().hidePopup()
        self.shown(False)
