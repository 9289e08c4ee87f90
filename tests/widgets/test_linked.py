"""One cursor: what the waveform and the state show at it is the same moment, within a frame of the network."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPointF

from engine import catalog
from engine.clip import from_array
from engine.session import Session, Span
from engine.trace import Key
from tests import example


@pytest.fixture
def pair(qtbot):
    """A click at a known moment in the sound, and a unit that switches on with it, in lanes of one session."""
    session = example.full()
    return session, {name: _lane(qtbot, name, session) for name in ("waveform", "hidden", "cell")}


def _lane(qtbot, name: str, session: Session):
    lane = catalog.load("widgets.views", name).View(session)
    qtbot.addWidget(lane)
    lane.resize(1100, 160)
    lane.show()
    lane.tick()
    return lane


@pytest.mark.parametrize("view", [Span(0.0, 5.0), Span(1.0, 1.5), Span(2.31, 2.35)])
def test_the_same_pixel_is_the_same_moment_in_sound_and_state(pair, view):
    session, lanes = pair
    session.set("view", view)
    for lane in lanes.values():
        lane.tick()
    series = session.state.traced.trace.series[Key("h", 1)]
    hop = 1 / series.rate
    for share in (0.1, 0.5, 0.83):
        x = lanes["waveform"].axis().x(view.start + share * view.seconds)
        sound, state = (lanes[name].read(QPointF(x, 60)) for name in ("waveform", "hidden"))
        assert sound.time == pytest.approx(state.time, abs=1e-9)
        sample = round(sound.time * example.RATE)
        frame = int(np.argmin(np.abs(series.values[:, state.unit] - state.value)))
        assert abs(series.time(frame) - sample / example.RATE) <= hop


def test_a_click_in_one_moves_the_cursor_of_all(pair):
    session, lanes = pair
    lanes["waveform"].clicked(QPointF(lanes["waveform"].axis().x(3.21), 50))
    assert session.state.cursor.time == pytest.approx(3.21, abs=0.01)
    places = {round(lane.axis().x(session.state.cursor.time), 6) for lane in lanes.values()}
    assert len(places) == 1


def test_they_stay_linked_where_the_chain_changes_the_pace(qtbot):
    """At twice the speed the processed sound is half as long: a time of the clip names the same frame in both."""
    clean = example.sound()
    clip = from_array(clean, example.RATE, "slow")
    session = example.full()
    session.set("clip", clip)
    session.set("traced", example.traced(clip, clean[: len(clean) // 2], scale=0.5))
    lane = _lane(qtbot, "hidden", session)
    series = session.state.traced.trace.series[Key("h", 1)]
    first, rate = lane.clock(series)
    assert rate == pytest.approx(series.rate / 2)
    at = lane.read(QPointF(lane.axis().x(4.0), 60))
    assert at.value == pytest.approx(float(series.values[round((4.0 - first) * rate), at.unit]))
