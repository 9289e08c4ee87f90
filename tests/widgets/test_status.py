"""The status bar says what was done to the sound unasked."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QLabel

from tests.example import full
from widgets.status import HINT, Hint, Status


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


def test_a_long_name_of_a_network_is_short_in_the_bar(status):
    session, bar = status
    session.set("network", replace(session.state.network, name="run_" + "z" * 200))
    bar.tick()
    session.set("network", replace(session.state.network, name="run_" + "z" * 200 + "y"))
    bar.tick()
    assert bar.minimumSizeHint().width() < 800
    label = next(each for each in bar.findChildren(QLabel) if "run_z" in each.accessibleName())
    assert "…" in label.text()
    assert label.width() < 320
    assert "z" * 200 in label.accessibleName()


def test_what_is_lost_is_counted_and_what_is_late_is_told_where_it_is(status):
    session, bar = status
    shown = next(each for each in bar.findChildren(QLabel) if "lost" in each.toolTip())
    for facts, words in (
        ({"dropped": 3}, "3 dropped"),
        ({"dropped": 3, "late": "0.4 s behind"}, "3 dropped, 0.4 s behind"),
        ({"dropped": None, "late": ""}, ""),
    ):
        session.set("status", facts)
        bar.tick()
        assert shown.text() == words


def test_a_fact_that_comes_back_has_room(status, qapp):
    session, bar = status
    for words in ("computed in 1 ms", "computed in 2 ms", "", "computed in 123.4 ms"):
        session.set("status", {"latency": words})
        bar.tick()
        qapp.processEvents()
    (label,) = [each for each in bar.widgets() if getattr(each, "text", str)() == words]
    assert label.width() >= label.fontMetrics().horizontalAdvance(words)


class Layouts(QObject):
    """Counts how often a widget is asked to be laid out."""

    count = 0

    def eventFilter(self, watched, event):
        self.count += event.type() == QEvent.Type.LayoutRequest
        return False


def test_figures_as_wide_as_the_last_lay_nothing_out(status, qapp):
    session, bar = status

    def say(text):
        session.set("status", {"latency": text})
        bar.tick()
        layouts.count = 0
        qapp.sendPostedEvents(bar, QEvent.Type.LayoutRequest.value)
        return next(each for each in bar.widgets() if each.text() == text)

    layouts = Layouts()
    bar.installEventFilter(layouts)
    for text in ("computed in 11.1 ms", "computed in 23.4 ms"):
        say(text)
    say("computed in 56.7 ms")
    assert layouts.count == 0
    shown = say("computed in 9.9 ms")
    assert layouts.count == 1
    free = QLabel(shown.text())
    free.setContentsMargins(8, 0, 8, 0)
    assert shown.size() == free.sizeHint()


def test_costs_lay_nothing_out_while_their_width_hardly_changes(status, qapp):
    session, bar = status
    bar.installEventFilter(layouts := Layouts())

    def say(text):
        session.set("status", {"cost": text, "costs": f"Power: {text}"})
        bar.tick()
        qapp.sendPostedEvents(bar, QEvent.Type.LayoutRequest.value)

    for text in ("step 10 ms · 1.25 GB · 12 W", "step 11 ms · 1.25 GB · 12 W"):
        say(text)
    layouts.count = 0
    for text in ("step 9 ms · 1.25 GB · 9 W", "step 11 ms · 1.25 GB · 12 W"):
        say(text)
    assert layouts.count == 0
    (label,) = [each for each in bar.widgets() if each.text() == text]
    assert label.toolTip() == f"Power: {text}"
    assert label.width() >= label.fontMetrics().horizontalAdvance(text)
    say("412 MB")
    assert layouts.count == 1, "what has become much shorter gives its room back"


def test_a_hint_without_room_ends_in_dots(qtbot):
    hint = Hint(HINT)
    qtbot.addWidget(hint)
    hint.show()
    hint.resize(300, 20)
    assert hint.text().endswith("…")
    assert hint.fontMetrics().horizontalAdvance(hint.text()) <= 300 - 16
    hint.resize(hint.sizeHint().width(), 20)
    assert hint.text() == HINT


def test_no_figure_of_the_costs_is_cut(status):
    session, bar = status
    text = "step 1166 ms · 51 360 frames/s · 12.46 GB · power 128 W"
    session.set("status", {"cost": text})
    bar.tick()
    assert text in [each.text() for each in bar.findChildren(QLabel)]
