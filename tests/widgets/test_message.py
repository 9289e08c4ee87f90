"""The message bar."""

from __future__ import annotations

import time

import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from engine.events import Notice
from engine.session import Session
from widgets.message import Message


@pytest.mark.parametrize("word", ["x" * 300, "/home/" + "y" * 255 + "/recording.wav", "z" * 49])
def test_a_long_name_does_not_widen_the_window(qtbot, word):
    session = Session()
    bar = Message(session)
    qtbot.addWidget(bar)
    session.set("notice", Notice(f"{word} is cut short: copy it again.", "error"))
    bar.show()
    assert bar.minimumSizeHint().width() < 600
    assert bar.label.text().replace("\N{ZERO WIDTH SPACE}", "") == f"{word} is cut short: copy it again."
    assert bar.accessibleDescription() == f"{word} is cut short: copy it again."


def test_a_name_of_several_lines_is_told_in_one(qtbot):
    session = Session()
    bar = Message(session)
    qtbot.addWidget(bar)
    session.set("notice", Notice("a\nb.wav is empty.", "error"))
    assert bar.label.text() == "a b.wav is empty."


def test_a_notice_offers_the_actions_that_the_window_has(qtbot):
    session, done = Session(), []
    window = QWidget()
    qtbot.addWidget(window)
    action = QAction("Go &on", window)
    action.setObjectName("go_on")
    action.triggered.connect(lambda: done.append("gone on"))
    bar = Message(session)
    QVBoxLayout(window).addWidget(bar)
    window.show()
    session.set("notice", Notice("The loss was no number.", "error", ("go_on", "unknown")))
    (button,) = bar.findChildren(QPushButton)
    assert button.text() == "Go on"
    button.click()
    assert done == ["gone on"]
    assert session.state.notice is None


@pytest.mark.parametrize(("level", "stays"), [("info", False), ("warning", True), ("error", True)])
def test_only_what_went_well_goes_by_itself(qtbot, monkeypatch, level, stays):
    session = Session()
    bar = Message(session)
    qtbot.addWidget(bar)
    session.set("notice", Notice("Saved", level))
    later = time.monotonic() + 1e6
    monkeypatch.setattr(time, "monotonic", lambda: later)
    bar.tick()
    assert (session.state.notice is not None) == stays
