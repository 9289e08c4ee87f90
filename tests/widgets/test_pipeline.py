"""The panel Pipeline: its rows, what is switched and taken back, what is opened, and what views say meanwhile."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import pytest
from PySide6.QtCore import Qt

from engine import decoding
from engine.links import default_sound_chain
from engine.pipeline import ENDS, STATIONS
from tests import example
from widgets.views import hidden, pipeline, trellis


@pytest.fixture
def view(qtbot):
    session = example.full()
    took = {
        "load": 0.5,
        "mix": 0.25,
        "resample": 2.0,
        "noise": 3.0,
        "speed": 1.0,
        "network": 20.0,
        "decode": 0.125,
    }
    session.set("chain", default_sound_chain())
    session.set("searched", None)
    session.set("traced", replace(session.state.traced, stages=MappingProxyType(took)))
    made = pipeline.View(session)
    qtbot.addWidget(made)
    made.resize(304, 380)
    made.show()
    made.tick()
    return made


def test_each_station_has_a_row_with_its_milliseconds(view):
    assert tuple(view.rows) == STATIONS
    told = {name: row.what.toolTip() for name, row in view.rows.items()}
    assert told["load"].endswith("0.50 ms")
    assert told["disturb"].endswith("4.00 ms"), "the sum of its stages"
    assert told["network"].endswith("digits-lstm, 20 ms")
    assert told["denoise"] == "denoise: bypassed"
    assert "seven three one" in told["text"]


def test_what_was_searched_is_the_text_and_its_search_the_station(view):
    session = view.session
    session.set("searched", replace(example.searched(session.state.clip), milliseconds=2.5))
    view.tick()
    told = {name: row.what.toolTip() for name, row in view.rows.items()}
    assert told["decode"] == "decode: beam of 8, 2.50 ms"
    assert told["text"] == "text: " + " ".join(each.text for each in session.state.searched.text)
    model = decoding.Settings(width=4, language="words", weight=0.25)
    session.set("searched", replace(session.state.searched, decoding=model))
    view.tick()
    assert view.rows["decode"].what.toolTip().startswith("decode: beam of 4, words × 0.25")
    session.set("bypassed", ("decode",))
    view.tick()
    assert view.rows["decode"].what.toolTip() == "decode: bypassed"
    assert view.rows["text"].what.toolTip() == "text: " + " ".join(e.text for e in session.state.traced.trace.text)


def test_switches_follow_the_session_and_are_taken_back(qtbot, view):
    session = view.session
    for name in (each for each in STATIONS if each not in (*ENDS, "mfcc")):
        before, was = (session.state.chain, session.state.bypassed), view.rows[name].switch.isChecked()
        qtbot.mouseClick(
            view.rows[name].switch, Qt.MouseButton.LeftButton, pos=view.rows[name].switch.rect().center()
        )
        view.tick()
        assert view.rows[name].switch.isChecked() != was, name
        assert (session.state.chain, session.state.bypassed) != before
        assert session.undo()
        view.tick()
        assert (session.state.chain, session.state.bypassed) == before
        assert view.rows[name].switch.isChecked() == was


def test_a_station_that_is_not_there_has_no_switch_to_be_turned(view):
    assert not view.rows["mfcc"].switch.isEnabled()
    assert view.rows["mfcc"].switch.toolTip() == "mfcc: not in this chain", (
        "there is nothing to bypass, or to stop"
    )
    assert view.rows["mfcc"].what.toolTip() == "mfcc: not in this chain"
    assert all(row.switch.isEnabled() for name, row in view.rows.items() if name != "mfcc")


def test_mono_resample_and_denoise_are_the_links_of_the_sound_panel(view):
    view.turn("denoise")
    assert next(each for each in view.session.state.chain if each.stage == "denoise").on
    assert view.session.state.bypassed == ()
    view.turn("resample")
    assert not next(each for each in view.session.state.chain if each.stage == "resample").on


def test_every_station_opens_views_that_there_are(qtbot, view):
    from engine import catalog

    known = {*catalog.names("widgets.views"), *catalog.names("widgets.panels"), "sound", "masks"}
    for name, row in view.rows.items():
        with qtbot.waitSignal(view.opened) as caught:
            row.open.click()
        (names,) = caught.args
        assert names == pipeline.VIEWS[name]
        assert set(names) <= known, name


def test_the_ends_have_no_switch(view):
    assert {name for name, row in view.rows.items() if not row.switch.isVisible()} == set(ENDS)


def test_what_a_bypassed_network_leaves_empty_says_so(qtbot, view):
    session = view.session
    session.set("bypassed", ("network",))
    traced = session.state.traced
    trace = replace(traced.trace, series={}, text=())
    session.set("traced", replace(traced, network_id="", trace=trace))
    session.set("searched", None)
    for module in (hidden, trellis):
        lane = module.View(session)
        qtbot.addWidget(lane)
        lane.resize(900, 160)
        lane.show()
        lane.tick()
        assert "bypassed" in lane._empty._label.text(), module.__name__
