"""The panel of a script, on the difference of two readings: it is told only where there is one."""

from __future__ import annotations

import pytest

from engine.script import Reading, parse
from engine.session import Session
from widgets.panels.script import ScriptPanel

SCRIPT = parse("one two three four")


def reading(read: int, wrong: int = 0) -> Reading:
    return Reading(SCRIPT, ("",) * 4, position=read, read=read, substituted=wrong)


@pytest.fixture
def panel(qtbot):
    made = ScriptPanel(Session(script=SCRIPT))
    qtbot.addWidget(made)
    made.resize(300, 700)
    made.show()
    return made


def test_the_difference_is_gone_when_the_script_begins_anew(panel):
    panel.session.set("readings", (reading(4, 1), reading(4, 2)))
    panel.tick()
    assert panel.difference.isVisible()
    assert panel.difference.text().endswith(": 25.0 points more")
    panel.session.set("readings", (reading(0), reading(0)))
    panel.tick()
    assert not panel.difference.isVisible(), "nothing was read, and so nothing compared"


def test_what_is_no_tenth_of_a_point_is_no_difference(panel):
    panel.session.set("readings", (reading(4000, 1000), reading(4001, 1000)))
    panel.tick()
    assert panel.difference.text().endswith(": as many errors")


def test_without_a_script_it_needs_no_more_height_before_it_is_seen_than_after(qtbot):
    """Else a low window grows beyond the screen as the panel comes."""
    made = ScriptPanel(Session())
    qtbot.addWidget(made)
    before = made.minimumSizeHint().height()
    made.show()
    made.tick()
    assert before <= made.minimumSizeHint().height()
