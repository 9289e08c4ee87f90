"""The dialog of confusions: shares of each row, and a cell that becomes the clip of its stretches."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from app.confusion import MANY, Dialog
from app.window import Window
from engine import checkpoint
from engine.clip import from_array
from engine.confusion import Confused, confuse
from engine.events import Ended
from engine.session import Session
from tests.waiting import analysed, pump


class Wiring:
    def __init__(self) -> None:
        self.heard: dict[type, Any] = {}
        self.asked: list[tuple[Any, ...]] = []
        self.said: list[str] = []

    def on(self, kind: type, handler: Any) -> None:
        self.heard[kind] = handler

    def submit(self, worker: str, name: str, function: Any, *arguments: Any, doing: str = "") -> None:
        self.asked.append((function, *arguments))

    def tell(self, text: str) -> None:
        self.said.append(text)


def test_a_cell_is_heard(qtbot: Any) -> None:
    from PySide6.QtWidgets import QMainWindow

    window: Any = QMainWindow()
    qtbot.addWidget(window)
    played: list[float] = []
    window.wiring, window.session = Wiring(), Session()
    window.playing = SimpleNamespace(expect=played.append)
    dialog = Dialog(window)
    dialog.hear(0, 1)
    assert "nothing to hear" in window.wiring.said[-1]
    clip = from_array(np.linspace(0, 1, 16000, dtype=np.float32), 16000, "one")
    counts = np.array([[8, 2], [0, 10]])
    found = Confused(checkpoint.untrained("phonemes"), ("sil", "k"), counts, {(0, 1): ((0, 0.5, 0.6),)}, (clip,))
    window.wiring.heard[Confused](found)
    table: Any = dialog.table
    assert [table.item(0, column).text() for column in (0, 1)] == ["80.0", "20.0"]
    assert table.item(1, 0).text() == ""
    assert "90.0 % of 20 frames" in dialog.said.text()
    assert "Most often it says k for sil." in dialog.said.text()
    dialog.hear(0, 1)
    heard = window.session.state.clip
    assert heard.text("phone") == ("sil",)
    assert heard.name == "sil called k"
    assert played == [0.0]


def test_a_click_on_a_cell_plays_it(qapp: Any, qtbot: Any) -> None:
    window = Window(fresh=True)
    window.show()
    try:
        pump(qapp, lambda: analysed(window))
        dialog = Dialog(window)
        state: Any = lambda: window.session.state  # noqa: E731 - read anew at each look
        clip = from_array(np.sin(np.arange(32000) / 9).astype(np.float32), 16000, "one")
        counts, stretches = np.array([[8, 2], [0, 10]]), {(0, 1): ((0, 0.5, 1.5),)}
        dialog.show_found(Confused(state().network, ("sil", "k"), counts, stretches, (clip,)))
        dialog.table.cellClicked.emit(0, 1)
        pump(qapp, lambda: state().transport.playing)
        assert state().clip.name == "sil called k"
        pump(qapp, lambda: state().cursor.time > 0.05)
        dialog.table.cellClicked.emit(0, 1)
        pump(qapp, lambda: state().transport.playing and state().cursor.time < 0.05)
    finally:
        window.playing.pause()
        window.close()
        window.deleteLater()
        qapp.processEvents()


def test_it_begins_as_it_opens_unless_it_knows(qtbot: Any) -> None:
    from PySide6.QtWidgets import QMainWindow

    window: Any = QMainWindow()
    qtbot.addWidget(window)
    network = checkpoint.untrained("phonemes")
    window.wiring, window.session = Wiring(), Session(network=network)
    dialog = Dialog(window)
    dialog.show()
    assert window.wiring.asked == [(confuse, network)]
    window.wiring.heard[Confused](Confused(network, ("sil",), np.array([[3]]), {}, ()))
    window.wiring.heard[Ended](Ended("confusions"))
    dialog.hide()
    dialog.show()
    assert len(window.wiring.asked) == 1
    window.session.set("network", checkpoint.untrained("digits"))
    dialog.hide()
    dialog.show()
    assert len(window.wiring.asked) == 2


def test_many_classes_stay_readable(qtbot: Any) -> None:
    from PySide6.QtWidgets import QHeaderView, QMainWindow

    window: Any = QMainWindow()
    qtbot.addWidget(window)
    window.wiring, window.session = Wiring(), Session()
    dialog = Dialog(window)
    names = tuple(f"p{number}" for number in range(MANY + 1))
    found = Confused(checkpoint.untrained("phonemes"), names, 8 * np.eye(MANY + 1, dtype=np.int64), {}, ())
    window.wiring.heard[Confused](found)
    table: Any = dialog.table
    assert table.item(3, 3).text() == "100"
    assert table.horizontalHeader().sectionResizeMode(3) == QHeaderView.ResizeMode.ResizeToContents
