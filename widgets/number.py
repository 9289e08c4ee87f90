"""Editors of numbers: a slider with a number beside it, or the number alone."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QAbstractSpinBox, QDoubleSpinBox, QSlider, QSpinBox, QStyle

from widgets.editor import Editor, decimals, text_of

if TYPE_CHECKING:
    from PySide6.QtGui import QMouseEvent

    from engine.knob import Knob


class Groove(QSlider):
    """A horizontal slider whose handle comes to where it is pressed, ready to be dragged on."""

    HANDLE = 14

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Horizontal)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            room, place = self.width() - self.HANDLE, event.position().x() - self.HANDLE / 2
            there = QStyle.sliderPositionFromValue(self.minimum(), self.maximum(), self.value(), room)
            if abs(place - there) > self.HANDLE / 2:
                self.setValue(QStyle.sliderValueFromPosition(self.minimum(), self.maximum(), round(place), room))
        super().mousePressEvent(event)


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
        self.slider = Groove()
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
