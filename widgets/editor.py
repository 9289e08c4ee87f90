"""An editor: the control for one knob, chosen by what the knob declares."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QObject, QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QSizePolicy,
    QSlider,
    QSpinBox,
    QToolButton,
    QWidget,
)

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


class Slide(Editor):
    """A slider with a number beside it; logarithmic where the knob says so.

    A plain QSlider whose places are the knob's steps: importing superqt for its float slider would take a third
    of the time until the window shows.
    """

    def __init__(self, knob: Knob) -> None:
        super().__init__(knob)
        self._low, self._high = float(knob.low or 0), float(knob.high or 0)
        self._log = knob.log and self._low > 0
        step = knob.step or (1 if knob.kind is int else 0)
        self._places = round((self._high - self._low) / step) if step and not self._log else 200
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, self._places)
        self.slider.setPageStep(max(self._places // 10, 1))
        self.slider.setMinimumWidth(56)
        self.number = _number(knob)
        self.add(self.slider, "slider", 1)
        self.add(self.number)
        self.slider.valueChanged.connect(self._slid)
        self.slider.sliderReleased.connect(self.ended)
        self.number.valueChanged.connect(self._typed)
        self.number.editingFinished.connect(self.ended)

    def show_value(self, value: Any) -> None:
        with QSignalBlocker(self.slider), QSignalBlocker(self.number):
            self.number.setValue(value)
            if not self.slider.isSliderDown():
                self.slider.setValue(self.place(value))

    def place(self, value: float) -> int:
        """Where on the slider a value lies."""
        if self._log:
            share = math.log(max(value, self._low) / self._low) / math.log(self._high / self._low)
        else:
            share = (value - self._low) / (self._high - self._low)
        return round(share * self._places)

    def value_at(self, place: int) -> float:
        """The knob's value at a place of the slider."""
        share = place / self._places
        value = (
            self._low * (self._high / self._low) ** share
            if self._log
            else self._low + share * (self._high - self._low)
        )
        value = float(f"{value:.3g}") if self._log else round(value, decimals(self.knob))
        return min(max(value, self._low), self._high)

    def _slid(self, place: int) -> None:
        value = self.knob.kind(self.value_at(place))
        if value != self.number.value():
            with QSignalBlocker(self.number):
                self.number.setValue(value)
            self.changed.emit(value)

    def _typed(self, value: float) -> None:
        with QSignalBlocker(self.slider):
            self.slider.setValue(self.place(value))
        self.changed.emit(self.knob.kind(value))


class Number(Editor):
    """A number without a range on both sides."""

    def __init__(self, knob: Knob) -> None:
        super().__init__(knob)
        self.number = _number(knob)
        self.add(self.number, stretch=1)
        self.number.valueChanged.connect(lambda value: self.changed.emit(knob.kind(value)))
        self.number.editingFinished.connect(self.ended)

    def show_value(self, value: Any) -> None:
        with QSignalBlocker(self.number):
            self.number.setValue(value)


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
        self.combo.activated.connect(lambda index: self.changed.emit(knob.choices[index]))

    def show_value(self, value: Any) -> None:
        with QSignalBlocker(self.combo):
            self.combo.setCurrentIndex(self.knob.choices.index(value))


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
        path, _ = QFileDialog.getOpenFileName(self, caption(self.knob), start)
        if path:
            self.line.setText(path)
            self.changed.emit(path)


def make(knob: Knob) -> Editor:
    """The editor that fits a knob."""
    if knob.choices:
        return Choice(knob)
    if knob.kind is bool:
        return Switch(knob)
    if knob.kind in (int, float):
        return Number(knob) if knob.low is None or knob.high is None else Slide(knob)
    if knob.kind is str:
        return Text(knob)
    raise TypeError(f"no control for {knob.name}: {knob.kind}; declare it hidden or give it choices")


class Figures(QDoubleSpinBox):
    """Three figures, wherever the point is: 0.002, 150."""

    def textFromValue(self, value: float) -> str:
        return f"{value:.3g}"


def _number(knob: Knob) -> QSpinBox | QDoubleSpinBox:
    """A spin box with the knob's range, step and unit. A typed number counts when it is finished."""
    number: QSpinBox | QDoubleSpinBox
    if knob.kind is int:
        number = QSpinBox()
        number.setRange(
            int(-(2**31) if knob.low is None else knob.low), int(2**31 - 1 if knob.high is None else knob.high)
        )
        number.setSingleStep(int(knob.step or 1))
    else:
        number = Figures() if knob.log else QDoubleSpinBox()
        number.setDecimals(decimals(knob))
        number.setRange(-1e9 if knob.low is None else knob.low, 1e9 if knob.high is None else knob.high)
        number.setSingleStep(knob.step or 10 ** -decimals(knob))
        if knob.log:
            number.setStepType(QAbstractSpinBox.StepType.AdaptiveDecimalStepType)
    if knob.unit:
        number.setSuffix(f" {knob.unit}")
    number.setKeyboardTracking(False)
    number.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
    number.setAlignment(Qt.AlignmentFlag.AlignRight)
    longest = max(
        number.fontMetrics().horizontalAdvance(text_of(knob, each))
        for each in (knob.low, knob.high, knob.default)
        if each is not None
    )
    number.setFixedWidth(max(84, longest + 24))
    return number
