"""The panels of what is asked of the states, and the red of the seam test."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest
from PySide6.QtGui import QImage

from engine.events import Decoded, Match, Recalled, Seam, Stored
from engine.probes import states
from engine.session import Cursor, Depth, Span
from engine.trace import Key, named, units
from tests import example
from widgets.views import depth, hidden, memory, stored


@pytest.fixture
def session():
    return quiet()


def quiet(**kept):
    made = example.full(**kept)
    for key in ("recalled", "stored", "decoded"):
        made.set(key, None)
    made.set("transport", replace(made.state.transport, live=False))
    return made


def shown(qtbot, module, session):
    view = module.View(session)
    qtbot.addWidget(view)
    view.resize(300, 300)
    view.show()
    view.tick()
    return view


def test_units_are_read_and_named():
    assert units("1, 5-7,6") == (1, 5, 6, 7)
    assert units("") == ()
    assert named((1, 5, 6, 7)) == "1,5-7"
    for wrong in ("x", "7-5", "1-", "-3", "1-2-3", "0-99999999999"):
        with pytest.raises(ValueError, match="write units as 1,5-9"):
            units(wrong)


def decoded(session, wanted):
    state = session.state
    return Decoded(state.clip.id, state.network.id, wanted, state.traced.sound, 0.71, -0.02)


def test_a_depth_is_asked_for_while_it_can_be_seen(qtbot, session):
    view = shown(qtbot, depth, session)
    assert session.state.depth == Depth(1)
    view.slider.setValue(2)
    assert session.state.depth == Depth(2)
    assert not view.hear.isEnabled()
    session.set("decoded", decoded(session, Depth(2)))
    view.tick()
    assert view.hear.isEnabled()
    assert "0.71" in view.figure.text()
    assert "learnt on bundled speech" in view.figure.text()
    assert view.place.text() == "layer 2 of 2"
    view.hide()
    assert session.state.depth is None


def test_units_are_heard_alone_or_left_out(qtbot, session):
    view = shown(qtbot, depth, session)
    session.set("cursor", Cursor(1.0, Key("h", 2), 37))
    view.tick()
    assert view.solo.text() == "Solo 37"
    view.solo.click()
    assert session.state.depth == Depth(2, (37,))
    view.mute.click()
    assert session.state.depth == Depth(2, (37,), without=True)
    session.set("cursor", Cursor(1.0, Key("h", 2), 5))
    view.mute.click()
    assert session.state.depth == Depth(2, (5, 37), without=True)
    view.all.click()
    assert session.state.depth == Depth(2)
    view.units.setText("1-3")
    view.units.editingFinished.emit()
    assert session.state.depth == Depth(2, (1, 2, 3))
    view.units.setText("three")
    view.units.editingFinished.emit()
    assert "write units as" in view.figure.text()
    assert session.state.depth == Depth(2, (1, 2, 3))
    view.units.setText("128")
    view.units.editingFinished.emit()
    assert "there is no unit 128; this layer has 0 to 127" in view.figure.text()
    assert session.state.depth == Depth(2, (1, 2, 3))


def test_a_unit_of_the_backward_direction_is_heard_as_itself(qtbot):
    session = quiet(both=True)
    view = shown(qtbot, depth, session)
    key, trace = Key("h", 2, "backward"), session.state.traced.trace
    session.set("cursor", Cursor(1.0, key, 5))
    view.tick()
    assert view.mute.text() == "Mute 5 ←"
    view.solo.click()
    (unit,) = session.state.depth.units
    np.testing.assert_array_equal(states.at(trace, 2)[0][:, unit], trace.series[key].values[:, 5])
    view.mute.click()
    session.set("cursor", Cursor(1.0, Key("h", 2), 5))
    view.mute.click()
    assert session.state.depth == Depth(2, (5, unit), without=True)


def test_a_smaller_network_has_its_own_depths_and_units(qtbot, session):
    view = shown(qtbot, depth, session)

    def opened(**kept):
        clip = session.state.clip
        session.set("traced", example.traced(clip, example.sound(), **kept))

    view.slider.setValue(2)
    opened(layers=1)
    view.tick()
    assert session.state.depth == Depth(1)
    assert view.place.text() == "layer 1 of 1"
    view.units.setText("100")
    view.units.editingFinished.emit()
    view.hide()
    opened(layers=1, hidden=32)
    view.show()
    assert session.state.depth == Depth(1)


def test_a_playlist_is_searched_while_it_can_be_seen_and_a_click_goes_there(qtbot, session, tmp_path):
    view = shown(qtbot, memory, session)
    assert session.state.recalling
    assert "Shift" in view.said.text()
    matches = (Match(0.9, "", None, 1.0, 1.2), Match(0.4, "other.wav", tmp_path / "other.wav", 3.0, 3.2))
    ids = session.state.clip.id, session.state.network.id
    session.set("recalled", Recalled(*ids, Span(0.5, 0.7), 2, (1, 2, 5), matches, 3600.0, 41.0))
    view.tick()
    assert [view.list.topLevelItem(row).text(0) for row in (0, 1)] == ["90 %", "40 %"]
    assert view.list.topLevelItem(0).text(2) == session.state.clip.name
    assert "60 min searched in 41 ms" in view.said.text()
    view.list.itemClicked.emit(view.list.topLevelItem(1), 0)
    assert session.state.visit == matches[1]
    view.hide()
    assert not session.state.recalling


def test_what_is_stored_is_drawn_for_its_own_network(qtbot, session):
    view = shown(qtbot, stored, session)
    assert not view.plot.isVisible()
    seconds, chance = np.linspace(0, 0.6, 7), np.full(7, 0.1)
    accuracy = {1: np.r_[0.9, 0.6, np.full(5, 0.1)], 2: np.r_[0.9, 0.9, 0.9, 0.6, np.full(3, 0.1)]}
    found = Stored(session.state.network.id, seconds, accuracy, accuracy, chance)
    session.set("stored", found)
    view.tick()
    assert [line.name for line in view.plot.chart.lines] == ["layer 1", "layer 2", "chance"]
    assert "0.10 s, 0.30 s" in view.said.text()
    session.set("network", replace(session.state.network, id="another"))
    view.tick()
    assert not view.plot.isVisible()


def test_a_seam_is_red_where_it_is_and_nowhere_else(qtbot, session):
    lane = hidden.View(session)
    qtbot.addWidget(lane)
    lane.resize(900, 160)
    lane.show()

    def drawn():
        lane.renew()
        image = lane.canvas.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
        return np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), image.width()).copy()

    without = drawn()
    key = Key("h", 1)
    ids = session.state.clip.id, session.state.network.id
    spans = MappingProxyType({key: (Span(2.0, 3.0),), Key("h", 2): (Span(0.0, 1.0),)})
    session.set("seam", Seam(*ids, spans, 0.5, key, 5, 2.5, "they part"))
    columns = np.flatnonzero((drawn() != without).any(axis=0))
    assert columns.min() == pytest.approx(lane.axis().x(2.0), abs=2)
    assert columns.max() == pytest.approx(lane.axis().x(3.0), abs=2)
    session.set("seam", None)
    assert (drawn() == without).all()
