"""Presentation mode from the window: it opens on a display and remembers how it was (K284)."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from app.preferences import Preferences
from app.presenting import DISPLAY, KEPT, Presenting
from engine.session import Session
from tests.captioned import said
from widgets.presentlook import Settings


@pytest.fixture
def window(qapp):
    """As much of a window as a presentation needs."""
    asked = []
    captioning = SimpleNamespace(running=False, toggle=lambda: asked.append("captions"))
    made = SimpleNamespace(
        session=Session(captions=said("hello everybody")), preferences=Preferences(fresh=True), asked=asked,
        captioning=captioning, screen=QGuiApplication.primaryScreen, mark=lambda: asked.append("mark"),
    )  # fmt: skip
    made.presenting = Presenting(made)
    yield made
    made.presenting.close()


def test_it_opens_over_the_whole_display_and_escape_leaves(window, qtbot):
    window.presenting.toggle()
    shown = window.presenting.shown
    assert shown.isFullScreen()
    assert shown.size() == QGuiApplication.primaryScreen().size()
    assert shown.reader.text() == "hello everybody"
    qtbot.keyClick(shown, Qt.Key.Key_S)
    assert "captions" in window.asked
    qtbot.keyClick(shown.reader, Qt.Key.Key_Escape)
    assert window.presenting.shown is None
    window.presenting.tick()
    window.presenting.toggle()
    window.presenting.toggle()
    assert window.presenting.shown is None


def test_how_it_looked_is_remembered(window, qtbot):
    window.presenting.toggle()
    qtbot.keyClick(window.presenting.shown, Qt.Key.Key_Plus)
    qtbot.keyClick(window.presenting.shown, Qt.Key.Key_T)
    window.presenting.close()
    again = Presenting(window)
    assert again.settings() == Settings(size=76, theme="light")


@pytest.mark.parametrize("kept", ["", "no json", "[]", '{"size": 9000}', '{"colour": 1}', '{"theme": 7}'])
def test_what_cannot_be_read_of_the_preferences_is_the_usual_look(window, kept):
    window.preferences.set(KEPT, kept)
    window.preferences.set(DISPLAY, "a projector that is gone")
    assert window.presenting.settings() == Settings()
    window.presenting.toggle()
    assert window.presenting.shown.isVisible()


def test_it_is_on_the_display_that_was_chosen_else_on_one_where_the_window_is_not(window, monkeypatch):
    own, wall, other = (SimpleNamespace(name=lambda name=name: name) for name in ("own", "wall", "other"))
    there = [own, wall, other]
    monkeypatch.setattr("app.presenting.QGuiApplication", SimpleNamespace(screens=lambda: there))
    window.screen = lambda: own
    assert window.presenting.display() is wall
    window.presenting.move("other")
    assert window.presenting.display() is other
    assert Presenting(window).display() is other, "it is remembered"
    there.remove(other)
    assert window.presenting.display() is wall
    there.remove(wall)
    assert window.presenting.display() is own


def test_the_controls_follow_the_captions(window):
    window.presenting.toggle()
    lectern = window.presenting.shown.lectern
    assert lectern.run.text() == "Start captions"
    window.captioning.running = True
    window.presenting.tick()
    assert lectern.run.text() == "Stop captions"
    assert not lectern.display.isVisible()  # there is only one
