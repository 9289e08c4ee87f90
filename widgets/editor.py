"""An editor: the control for one knob, chosen by what the knob declares."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QObject, QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QSizePolicy,
    QSlider,
    QToolButton,
    QWidget,
)

from widgets import files

if TYPE_CHECKING:
    from engine.knob import Knob


def caption(knob: Knob) -> str:
    """What the knob is called in front of people: its label, or its name in words."""
    words = knob.label or knob.name.replace("_", " ")
    return words[:1].upper() + words[1:]


def text_of(knob: Knob, value: Any) -> str:
    """A value as it is written beside its unit: 20 dB, on, white."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float) and knob.log:
        value = f"{value:.3g}"
    elif isinstance(value, float):
        value = f"{value:.{decimals(knob)}f}" if knob.kind is float and not knob.choices else f"{value:g}"
    return f"{str(value).replace('_', ' ')} {knob.unit}".rstrip()


def decimals(knob: Knob) -> int:
    """Digits after the point that the knob's step needs."""
    if knob.kind is int:
        return 0
    if knob.log and knob.low:
        return max(0, 2 - math.floor(math.log10(knob.low)))
    if not knob.step:
        span = (knob.high or 1.0) - (knob.low or 0.0)
        return max(0, min(6, math.ceil(2 - math.log10(max(abs(span), 1e-6)))))
    return next(digits for digits in range(7) if digits == 6 or math.isclose(round(knob.step, digits), knob.step))


class Editor(QWidget):
    """Base of the editors: tells `changed` for every value by hand, `ended` when a drag is over."""

    changed = Signal(object)
    ended = Signal()

    def __init__(self, knob: Knob) -> None:
        super().__init__()
        self.knob = knob
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(0, 0, 0, 0)
        self.row.setSpacing(6)

    def add(self, control: QWidget, role: str = "", stretch: int = 0) -> None:
        """Put a control into the row, named for those who cannot see it."""
        control.setAccessibleName(f"{caption(self.knob)} {role}".rstrip())
        control.setAccessibleDescription(self.knob.help)
        control.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        control.installEventFilter(self)
        self.row.addWidget(control, stretch)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The wheel scrolls the panel unless the control has the focus; a double click takes the default."""
        if event.type() == QEvent.Type.Wheel and isinstance(watched, QWidget) and not watched.hasFocus():
            event.ignore()
            return True
        if event.type() == QEvent.Type.MouseButtonDblClick and isinstance(watched, QSlider):
            self.reset()
            return True
        return super().eventFilter(watched, event)

    def reset(self) -> None:
        """The knob's default, as if set by hand."""
        self.show_value(self.knob.default)
        self.changed.emit(self.knob.default)
        self.ended.emit()

    def show_value(self, value: Any) -> None:
        """Show a value without telling of it."""
        raise NotImplementedError


class Switch(Editor):
    """On or off."""

    def __init__(self, knob: Knob) -> None:
        super().__init__(knob)
        self.box = QCheckBox()
        self.add(self.box, stretch=1)
        self.box.toggled.connect(lambda on: self.changed.emit(on))

    def show_value(self, value: Any) -> None:
        with QSignalBlocker(self.box):
            self.box.setChecked(value)


class Choice(Editor):
    """One of a few values."""

    def __init__(self, knob: Knob) -> None:
        super().__init__(knob)
        self.combo = QComboBox()
        self.combo.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.combo.setMinimumContentsLength(6)
        for value in knob.choices:
            self.combo.addItem(text_of(knob, value), value)
        self.add(self.combo, stretch=1)
        self.combo.activated.connect(lambda index: self.changed.emit(self.combo.itemData(index)))

    def show_value(self, value: Any) -> None:
        with QSignalBlocker(self.combo):
            index = self.combo.findData(value)
            if index < 0:  # allowed, though not offered
                self.combo.addItem(text_of(self.knob, value), value)
                index = self.combo.count() - 1
            self.combo.setCurrentIndex(index)


class Text(Editor):
    """A line of text, or a file with a button to choose it."""

    def __init__(self, knob: Knob) -> None:
        super().__init__(knob)
        self.line = QLineEdit()
        self.add(self.line, stretch=1)
        self.line.editingFinished.connect(lambda: self.changed.emit(self.line.text()))
        if knob.file:
            self.line.setPlaceholderText("no file")
            browse = QToolButton()
            browse.setText("…")
            browse.setToolTip(f"Choose a file: {caption(knob).lower()}")
            browse.clicked.connect(self._browse)
            self.add(browse, "browse")

    def show_value(self, value: Any) -> None:
        with QSignalBlocker(self.line):
            self.line.setText(value)

    def _browse(self) -> None:
        start = str(Path(self.line.text()).parent) if self.line.text() else ""
        if path := files.to_open(self, caption(self.knob), start, "All files (*)"):
            self.line.setText(path)
            self.changed.emit(path)
