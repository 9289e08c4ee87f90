"""The status bar says what was done to the sound unasked."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.example import full
from widgets.status import Status


@pytest.fixture
def status(qapp, qtbot):
    session = full()
    bar = Status(session)
    qtbot.addWidget(bar)
    bar.resize(1280, 28)
    bar.show()
    return session, bar


def note(session, text):
    traced = session.state.traced
    session.set("traced", replace(traced, trace=replace(traced.trace, note=text)))


def test_what_was_done_unasked_is_a_badge(status):
    session, bar = status
    note(session, "mono mix cancels: choose left or right")
    bar.tick()
    assert bar.badge.isVisible()
    assert "mono mix cancels" in bar.badge.text()
    note(session, "")
    bar.tick()
    assert not bar.badge.isVisible()


def test_a_badge_without_room_ends_in_dots_and_is_whole_in_its_tooltip(status, qapp):
    session, bar = status
    note(session, "; ".join(["resampled 44.1 → 16 kHz"] * 20))
    bar.tick()
    qapp.processEvents()
    assert bar.width() == 1280, "it does not push the window wider"
    assert bar.badge.geometry().right() <= 1280
    assert bar.badge.text().endswith("…")
    assert bar.badge.toolTip().count("resampled") == 20
