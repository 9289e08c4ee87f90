"""The lane of notes: bars and frames, what is under the pointer, and when it shows itself."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPointF

from engine.trace import Key
from tests import example
from widgets.stack import LaneStack
from widgets.views import notes, posteriors

if TYPE_CHECKING:
    from engine.session import Session


@pytest.fixture
def session() -> Session:
    made = example.full()
    example.tune(made)
    return made


@pytest.fixture
def view(qtbot, session):
    made = notes.View(session)
    qtbot.addWidget(made)
    made.resize(900, 240)
    made.show()
    made.tick()
    return made


def test_notes_are_right_by_pitch_and_onset(view) -> None:
    counts = {look: [note.pitch for note in each] for look, each in view.notes.items()}
    assert counts == {
        "bar": [60, 64, 67, 71],  # C4, E4, G4, B4 begin when they are played
        "hatched": [62, 65, 69],  # 60 ms late
        "frame": [60, 64, 67, 71],
        "dashed": [62, 65, 69, 72],  # C5 is not told at all
    }
    assert "F1 53.3 %" in view.badge()  # 1 - 7 / 15
    assert "4 missed, 3 extra" in view.badge()


def test_the_pointer_reads_name_probability_and_what_is_there(view, session) -> None:
    series = session.state.traced.trace.series[Key("posterior")]
    area = view.area()
    found = view.read(QPointF(view.axis().x(0.2), area.top() + view.keys.share(60) * area.height()))
    assert found.unit == 1
    assert found.value == pytest.approx(float(series.values[20, 1]))
    assert found.text.startswith("C4   0.2")
    assert found.text.endswith("played   told")
    missed = view.read(QPointF(view.axis().x(7 * 0.625 + 0.2), area.top() + view.keys.share(72) * area.height()))
    assert missed.text.startswith("C5")
    assert missed.text.endswith("played, but not told")
    between = view.read(QPointF(view.axis().x(0.2), area.top() + view.keys.share(61) * area.height()))
    assert (between.unit, between.value) == (None, None)
    assert between.text.startswith("C♯4")


def test_without_truth_nothing_is_wrong(view, session) -> None:
    traced = session.state.traced
    session.set("traced", replace(traced, sound=replace(traced.sound, labels=()), edits=0, length=0))
    view.tick()
    assert {look: len(each) for look, each in view.notes.items()} == {
        "bar": 7, "hatched": 0, "frame": 0, "dashed": 0,
    }  # fmt: skip
    assert "no truth" in view.badge()


def test_the_lane_shows_itself_where_there_are_notes_only(qtbot) -> None:
    session = example.full()
    session.set("melodies", ())  # one that a network has made has a lane with more in it
    stack = LaneStack(session)
    qtbot.addWidget(stack)
    assert not stack.is_shown("notes")
    assert stack.is_shown("attention")
    example.tune(session)
    assert stack.is_shown("notes")


def test_live_the_notes_are_those_heard_so_far(qtbot) -> None:
    session = example.live()
    assert session.state.network is not None
    session.set("network", replace(session.state.network, task="transcribe_notes", vocabulary=example.TUNE))
    made = notes.View(session)
    qtbot.addWidget(made)
    made.resize(900, 240)
    made.show()
    told = example.Label(0.1, 0.3, "A4", "note")
    session.set("live", (replace(example.frames(0.0, 0.5), text=(told,)),))
    made.tick()
    assert [(note.start, note.pitch) for note in made.notes["bar"]] == [(0.1, 69)]
    assert (made.keys.low, made.keys.high) == (60, 76)


def test_posteriors_leave_notes_that_overlap_to_their_lane(qtbot, session) -> None:
    made = posteriors.View(session)
    qtbot.addWidget(made)
    made.resize(900, 240)
    made.show()
    made.tick()
    assert made.heat_area() == made.area()
    assert "heard" not in [tick.text for tick in made.ticks(made.area())]
