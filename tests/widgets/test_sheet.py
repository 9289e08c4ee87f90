"""The style sheet: what is drawn by it can be seen in both themes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QRadioButton, QSlider

from widgets import theme

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PySide6.QtGui import QColor
    from PySide6.QtWidgets import QWidget


@pytest.fixture(params=["dark", "light"])
def look(qapp, request) -> Iterator[str]:
    theme.apply(qapp, request.param)
    yield request.param
    theme.apply(qapp, "dark")


def colours(widget: QWidget) -> set[str]:
    image = widget.grab().toImage()
    return {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}


def named(name: str) -> str:
    found: QColor = theme.current().colour(name)
    return found.name()


def test_a_choice_that_is_taken_and_one_that_is_not_are_told_apart(qtbot, look):
    button = QRadioButton()
    qtbot.addWidget(button)
    button.resize(20, 20)
    assert named("faint") in colours(button)
    assert named("accent") not in colours(button)
    button.setChecked(True)
    assert named("accent") in colours(button)


@pytest.mark.parametrize("way", [Qt.Orientation.Horizontal, Qt.Orientation.Vertical])
def test_the_handle_of_a_slider_stands_out(qtbot, look, way):
    slider = QSlider(way)
    qtbot.addWidget(slider)
    slider.setValue(50)
    slider.resize(*((120, 20) if way == Qt.Orientation.Horizontal else (20, 120)))
    assert {named("text"), named("accent"), named("line")} <= colours(slider)
