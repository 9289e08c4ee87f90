"""Tags in the lane of the answers: each right by itself, in any order, and framed where it sounds."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest

from engine import checkpoint
from engine.clip import Label, from_array
from engine.session import Session, Span
from engine.trace import Key, Series, Trace
from tests import example
from widgets import tags
from widgets.views import posteriors

TRUE = (Label(0.2, 1.0, "rain", "tag"), Label(0.5, 1.5, "bell", "tag"))
SAID = (Label(0.0, 3.0, "bell", "tag"), Label(0.0, 3.0, "wind", "tag"))


def test_tags_stand_beside_each_other_and_are_right_in_any_order():
    found = tags.beside(SAID, TRUE, "extra", 1.0, 3.0)
    assert [(label.text, label.start, label.end, mark) for label, mark in found] == [
        ("bell", 1.0, 2.5, "right"),
        ("wind", 2.5, 4.0, "extra"),
    ]
    assert [mark for _, mark in tags.beside(TRUE, SAID, "missing", 0.0, 3.0)] == ["missing", "right"]
    assert [mark for _, mark in tags.beside(SAID, None, "extra", 0.0, 3.0)] == ["plain", "plain"]
    assert tags.beside((), TRUE, "extra", 0.0, 3.0) == []


@pytest.fixture
def view(qtbot):
    network = checkpoint.untrained("tagging")
    sound = from_array(np.zeros(48000, np.float32), 16000, "scene", TRUE)
    shares = np.linspace(0.05, 0.95, len(network.vocabulary), dtype=np.float32)[None]
    answer = Series(shares, 1 / 3, 1.5, "class", network.vocabulary, 0.0, 1.0)
    trace = Trace(sound.id, 0.0, 3.0, MappingProxyType({Key("posterior"): answer}), SAID)
    traced = replace(example.full().state.traced, trace=trace, sound=sound, scale=1.0, difference=None)
    session = Session(clip=sound, network=network, traced=traced, view=Span(0.0, 3.0))
    made = posteriors.View(session)
    qtbot.addWidget(made)
    made.resize(900, 300)
    made.show()
    made.tick()
    return made


def test_what_is_missed_and_added_is_marked(view):
    assert [(label.text, mark) for label, mark in view._truth] == [("rain", "missing"), ("bell", "right")]
    assert [(label.text, mark) for label, mark in view._found] == [("bell", "right"), ("wind", "extra")]


def test_sounds_are_framed_where_they_are(view):
    before = view.canvas.grab().toImage()
    row = view.session.state.network.vocabulary.index("rain")
    heat = view.heat_area()
    y = heat.top() + row * heat.height() / len(view.session.state.network.vocabulary)
    view._places = ()
    view.canvas.update()
    after = view.canvas.grab().toImage()
    at, beside = (round(view.axis().x(time)) for time in (0.6, 2.0))
    lines = [
        (before.pixel(x, round(y) + k) != after.pixel(x, round(y) + k)) for x in range(at, at + 8) for k in (0, 1)
    ]
    assert any(lines), "a dashed line along the row, while it rains"
    assert not any(before.pixel(beside, round(y) + k) != after.pixel(beside, round(y) + k) for k in (0, 1))
