"""The row of choices above the curves: what is drawn, along what, on which scale, how smooth, and which runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QMenu, QToolButton, QWidget

from widgets import theme
from widgets.number import Groove
from widgets.stroke import ink

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from PySide6.QtGui import QResizeEvent

SHARES = (0.0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2)
"""Of a run, what the places of the slider smooth over."""


class Choices(QWidget):
    """`changed` comes after every choice. Of the controls as many are shown as there is room for."""

    changed = Signal()

    def __init__(self, quantities: Mapping[str, str], axes: Mapping[str, str]) -> None:
        super().__init__()
        self.hidden: set[str] = set()
        self.what, self.axis = _box("What is drawn", quantities), _box("Along what it is drawn", axes)
        self.log, self.runs, self.smooth = QToolButton(), QToolButton(), Groove()
        self.log.setText("log")
        self.log.setCheckable(True)
        self.log.setToolTip("Logarithmic scale of the values")
        self.log.setAccessibleName("Logarithmic scale")
        self.runs.setText("runs ▾")
        self.runs.setToolTip("Which runs are drawn")
        self.runs.setAccessibleName("Runs")
        self.runs.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu = QMenu(self.runs)
        self.runs.setMenu(self.menu)
        for button in (self.log, self.runs):
            button.setFont(theme.font(theme.SMALL))
            button.setFixedHeight(20)
            button.setProperty("small", True)
        self.smooth.setRange(0, len(SHARES) - 1)
        self.smooth.setFixedWidth(7 * theme.GRID)
        self.smooth.setAccessibleName("Smoothing")
        self.smooth.setToolTip("How far the curves are smoothed")
        self.smooth.setValue(SHARES.index(0.02))
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.GRID, theme.GRID // 2, theme.GRID, 0)
        row.setSpacing(theme.GRID // 2)
        for part in (self.what, self.log, self.smooth, self.axis):
            row.addWidget(part)
        row.addStretch(1)
        row.addWidget(self.runs)
        for signal in (self.what.activated, self.axis.activated, self.log.toggled, self.smooth.valueChanged):
            signal.connect(lambda _: self.changed.emit())

    @property
    def share(self) -> float:
        """What share of a run is smoothed over."""
        return SHARES[self.smooth.value()]

    def describe_smoothing(self, width: float) -> None:
        """Say over how many steps the curves are smoothed."""
        words = (
            f"Smoothed over about {100 * self.share:g} % of the run, {width:.0f} steps; as it came, thin, beneath"
        )
        words = words if self.share else "Not smoothed"
        self.smooth.setToolTip(words)
        self.smooth.setAccessibleDescription(words)

    def offer(self, quantities: Mapping[str, str], runs: Sequence[tuple[str, str]]) -> None:
        """What there is to choose from: quantities by their keys, runs by name with their inks."""
        if list(quantities) != [self.what.itemData(index) for index in range(self.what.count())]:
            chosen = self.what.currentData()
            _fill(self.what, quantities)
            self.what.setCurrentIndex(max(0, self.what.findData(chosen)))
        actions = self.menu.actions()
        if list(runs) != [(each.text(), each.data()) for each in actions]:
            self.menu.clear()
            for name, colour in runs:
                action = self.menu.addAction(name)
                action.setData(colour)
                action.setCheckable(True)
                action.setChecked(name not in self.hidden)
                action.toggled.connect(lambda shown, name=name: self._show_run(name, shown))
        for action in self.menu.actions():
            action.setIcon(_swatch(action.data()))
        if bool(actions) != bool(runs):
            self._fit()

    def _show_run(self, name: str, shown: bool) -> None:
        (self.hidden.discard if shown else self.hidden.add)(name)
        self.changed.emit()

    def _fit(self) -> None:
        """As many as the width has room for, the most wanted ones first."""
        left = self.width() - 2 * theme.GRID
        runs = [self.runs] if self.menu.actions() else []
        self.runs.setVisible(bool(runs))
        for part in (self.what, self.log, *runs, self.smooth, self.axis):
            left -= max(part.sizeHint().width(), part.minimumWidth()) + theme.GRID // 2
            part.setVisible(left >= 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit()
        super().resizeEvent(event)


def _box(name: str, choices: Mapping[str, str]) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    box.setToolTip(name)
    box.setFont(theme.font(theme.SMALL))
    box.setFixedHeight(20)
    _fill(box, choices)
    return box


def _fill(box: QComboBox, choices: Mapping[str, str]) -> None:
    box.clear()
    for key, title in choices.items():
        box.addItem(title, key)


def _swatch(colour: str) -> QIcon:
    """A square in the ink of a run: full where the run is drawn, else its edge alone."""
    icon = QIcon()
    for state in (QIcon.State.On, QIcon.State.Off):
        pixmap = QPixmap(12, 12)
        pixmap.fill(ink(colour))
        if state == QIcon.State.Off:
            painter = QPainter(pixmap)
            painter.fillRect(2, 2, 8, 8, ink("panel"))
            painter.end()
        icon.addPixmap(pixmap, QIcon.Mode.Normal, state)
    return icon
