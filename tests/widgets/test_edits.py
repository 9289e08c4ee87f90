"""The list of edits: what was changed in words, and every edit switched, turned, moved and removed by hand."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import pytest

from engine import catalog
from engine.events import Difference
from engine.surgery import Edit
from tests import example

SHUT = Edit("set", 0.8, 1.2, "i", 1, units=(3, 4, 5))


def panel(qtbot, *edits, **told):
    session = example.full()
    session.set("edits", edits)
    session.forget()
    text = session.state.traced.trace.text
    session.set("traced", replace(session.state.traced, difference=Difference(text, **told)))
    view = catalog.load("widgets.views", "edits").View(session)
    qtbot.addWidget(view)
    view.resize(300, 500)
    view.show()
    view.tick()
    return view


def test_what_has_changed_is_counted_in_words(qtbot):
    view = panel(qtbot, SHUT, words=3, frames=41, count=310)
    words = view._told.text()
    assert "3 of 7 words changed, 41 of 310 frames" in words
    assert "before: seven three one five two two five" in words


def test_an_edit_is_switched_off_and_undone(qtbot):
    view = panel(qtbot, SHUT, Edit("reset", 2.0))
    view.rows[0].switch.click()
    assert [each.on for each in view.session.state.edits] == [False, True]
    view.session.undo()
    view.tick()
    assert view.rows[0].switch.isChecked()


def test_comparing_off_and_on_is_undone_a_switch_at_a_time(qtbot):
    view = panel(qtbot, SHUT)
    for _ in range(2):
        view.rows[0].switch.click()
        view.tick()
    seen = []
    for _ in range(2):
        view.session.undo()
        seen.append([each.on for each in view.session.state.edits])
    assert seen == [[False], [True]]
    assert not view.session.edited


def test_a_value_is_dragged_as_one_change_and_the_slider_survives_it(qtbot):
    view = panel(qtbot, SHUT)
    row = view.rows[0]
    for place in (20, 40, 75):
        row.editors["value"].slider.setValue(place)
        view.tick()
    row.editors["value"].slider.sliderReleased.emit()
    assert view.session.state.edits[0].value == pytest.approx(0.75)
    assert view.rows[0] is row
    view.session.undo()
    assert view.session.state.edits == (SHUT,)


def test_times_are_turned_and_keep_their_order(qtbot):
    view = panel(qtbot, SHUT)
    view.rows[0].editors["stop"].number.setValue(1.5)
    assert view.session.state.edits[0].stop == 1.5
    view.tick()
    view.rows[0].editors["start"].number.setValue(9.0)
    assert 1.49 < view.session.state.edits[0].start < 1.5
    view.tick()
    view.rows[0].editors["start"].number.setValue(-3.0)
    assert view.session.state.edits[0].start == 0.0


def test_an_edit_is_removed_by_its_cross(qtbot):
    view = panel(qtbot, SHUT, Edit("reset", 2.0), Edit("freeze", 1.0, 2.0, "c", 2))
    view.rows[1].cross.click()
    view.tick()
    assert [each.how for each in view.session.state.edits] == ["set", "freeze"]
    assert [row.edit.how for row in view.rows] == ["set", "freeze"]


def test_an_edit_that_does_not_act_says_why(qtbot):
    view = panel(qtbot, SHUT, Edit("set", 1, 2, "z", 1), idle=MappingProxyType({1: "LSTM has no update gate z"}))
    assert not view.rows[0]._idle.isVisible()
    assert view.rows[1]._idle.isVisible()
    assert view.rows[1]._idle.text() == "Does not act: LSTM has no update gate z."
