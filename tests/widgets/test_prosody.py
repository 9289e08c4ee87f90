"""The lane of prosody: a line each, on scales of their own, of the sound that is shown and of no other."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPointF

from tests import example
from widgets.views import prosody


@pytest.fixture
def view(qtbot):
    made = prosody.View(example.full())
    qtbot.addWidget(made)
    made.resize(900, 300)
    made.show()
    made.tick()
    return made


def test_a_line_for_each_and_what_it_says(view):
    assert [strip.name for strip in view.strips] == ["pitch", "level", "voiced", "pace"]
    assert "Hz</b>" in view.badge()
    pitch, level = (view.box(4, index).center().y() for index in (0, 1))
    at = view.axis().x(1.3)
    assert " Hz" in view.read(QPointF(at, pitch)).text or "not voiced" in view.read(QPointF(at, pitch)).text
    assert view.read(QPointF(at, level)).text.startswith("level")
    assert view.read(QPointF(at, level)).unit is None, "a click chooses no unit"
    view.grab()
    assert not view.broken


def test_what_was_measured_of_another_sound_is_not_shown(view):
    view.session.set("prosody", example.prosody(view.session.state.clip))
    view.tick()
    assert not view.strips
    assert "being measured" in view._empty._label.text()
