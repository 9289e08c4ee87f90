"""The level meter: its light after clipping."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMainWindow

from widgets.meter import Meter


def test_the_light_is_put_out_by_keyboard_though_space_plays(qtbot):
    window, meter = QMainWindow(), Meter()
    window.setCentralWidget(meter)
    played = []
    play = QAction("Play", window, shortcut="Space")
    play.triggered.connect(lambda: played.append(1))
    window.addAction(play)
    qtbot.addWidget(window)
    with qtbot.waitActive(window):
        window.show()
    meter.setFocus()
    meter.show_level((-3.0, 0.0, True))
    meter.show_level((-30.0, -20.0, False))
    assert "clipped" in meter.accessibleDescription()
    qtbot.keyClick(window.windowHandle(), Qt.Key.Key_Space)
    assert "clipped" not in meter.accessibleDescription()
    assert not played
    meter.clearFocus()
    qtbot.keyClick(window.windowHandle(), Qt.Key.Key_Space)
    assert played
