"""The lane of attention: a strip a head, heads that are silenced, and clicks that go by the strip they are on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt

from engine.models.recurrent import Settings
from engine.trace import Key, Series
from tests import example
from widgets.views import attention


@pytest.fixture
def view(qtbot):
    session = example.full()
    settings = Settings(attention="multihead", heads=2)
    session.set("network", replace(session.state.network, live=True, settings=settings))
    traced = session.state.traced
    rng = np.random.default_rng(0)
    values = 0.3 * rng.random((500, 50)).astype(np.float32)
    values[:3] = 1.0  # of the first frames each has few to look at
    heads = {Key(f"attention.head{head}"): Series(values, 100.0, axis="frame") for head in (1, 2)}
    kept = {key: each for key, each in traced.trace.series.items() if key.name != "attention"}
    session.set("traced", replace(traced, trace=replace(traced.trace, series={**kept, **heads})))
    made = attention.View(session)
    qtbot.addWidget(made)
    made.resize(900, 202)
    made.show()
    made.tick()
    return made


def test_each_head_has_a_strip_in_colours_that_the_first_frames_do_not_spoil(view):
    assert [strip.key.name for strip in view.strips] == ["attention.head1", "attention.head2"]
    assert [strip.name for strip in view.strips] == ["1", "2"]
    assert view.strips[0].high == pytest.approx(0.3, abs=0.01)
    assert "2 of 2 heads" in view.badge()
    assert view.header.tool.isVisible()


def test_a_head_is_silenced_and_undo_lets_it_speak(view):
    session = view.session
    view.menu.aboutToShow.emit()
    assert [action.isChecked() for action in view.menu.actions()] == [True, True]
    view.menu.actions()[1].trigger()
    assert session.state.network.settings.heads_off == (2,)
    view.tick()
    assert [strip.name for strip in view.strips] == ["1", "2 off"]
    assert "1 of 2 heads" in view.badge()
    view.turn(2, True)
    assert session.state.network.settings.heads_off == ()
    session.undo()
    assert session.state.network.settings.heads_off == (2,)


@pytest.mark.parametrize("strip", [0, 1])
def test_a_click_goes_by_the_strip_that_it_is_on(view, strip):
    box = view.box(2, strip)
    view.clicked(QPointF(view.axis().x(3.0), box.top() + 0.5 * box.height()))
    moment = view.session.state.moment
    assert view.session.state.cursor.key == view.strips[strip].key
    assert (moment.start + moment.stop) / 2 == pytest.approx(3.0 - 0.25, abs=0.02)  # the middle of 50 frames


def test_a_click_with_ctrl_plays_the_moment_that_asks(qtbot, view):
    box = view.box(2, 0)
    place = QPoint(round(view.axis().x(3.0)), round(box.top() + 0.9 * box.height()))
    qtbot.mouseClick(view.canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier, place)
    moment = view.session.state.moment
    assert (moment.start + moment.stop) / 2 == pytest.approx(3.0, abs=0.02)
    qtbot.mouseClick(view.canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
    moment = view.session.state.moment
    assert (moment.start + moment.stop) / 2 == pytest.approx(3.0 - 0.45, abs=0.03)


def test_the_sound_stands_along_the_axis_of_what_is_attended_to(view):
    session = view.session
    picture = session.state.traced.trace.series[Key("picture")]
    session.set("cursor", replace(session.state.cursor, time=2.5))
    shown = view.spectrum(view.strips[0], picture)
    assert shown.shape == (257, 50)
    np.testing.assert_array_equal(shown.T, picture.values[201:251])
    session.set("cursor", replace(session.state.cursor, time=0.1))
    np.testing.assert_array_equal(
        view.spectrum(view.strips[0], picture)[:, :30], picture.values[:1].T.repeat(30, 1)
    )
    before = view.canvas.grab().toImage()
    session.set("cursor", replace(session.state.cursor, time=2.5))
    view.tick()
    after = view.canvas.grab().toImage()
    x, y = round(view.axis().x(2.5)) + 20, round(view.box(2, 1).center().y())
    assert before.pixel(x, y) != after.pixel(x, y)


def test_where_all_frames_see_each_other_text_lies_over_time(qtbot):
    """Of weights [T, T] those rows are seen that are asked where a label was read."""
    session = example.full()
    traced, rng = session.state.traced, np.random.default_rng(0)
    weights = rng.dirichlet(np.ones(500), 500).astype(np.float32)
    key = Key("selfattention.head1", 2)
    whole = Series(weights, 100.0, axis="frame", low=0.0, high=1.0)
    kept = {each: found for each, found in traced.trace.series.items() if each.name != "attention"}
    trace = replace(traced.trace, series={**kept, key: whole})
    session.set("traced", replace(traced, trace=trace))
    made = attention.View(session)
    qtbot.addWidget(made)
    made.resize(900, 202)
    made.show()
    made.tick()
    (strip,) = made.strips
    assert strip.series.rows == tuple(each.text for each in trace.text)
    middles = [round(100 * (each.start + each.end) / 2) for each in trace.text]
    np.testing.assert_array_equal(strip.series.values, weights[middles].T)
    box = made.box(1, 0)
    found = made.read(QPointF(made.axis().x(2.0), box.top() + 2.5 / len(trace.text) * box.height()))
    assert found.value == pytest.approx(float(weights[middles[2], 200]))
    assert "3: one" in found.text
    lit = made.canvas.grab().toImage()
    session.set("traced", replace(traced, trace=replace(trace, series={**kept, key: whole, Key("picture"): replace(
        kept[Key("picture")], values=np.flipud(kept[Key("picture")].values).copy())})))  # fmt: skip
    made.tick()
    assert made.canvas.grab().toImage() != lit, "the spectrogram lies behind"


def test_of_a_network_that_writes_each_row_is_a_sign_over_the_sound(qtbot):
    session = example.full()
    traced, values = session.state.traced, np.zeros((500, 3), np.float32)
    values[[100, 250, 400], [0, 1, 2]] = 0.8  # looks at 1.0, 2.5 and 4.0 s
    written = Series(values, 100.0, axis="output", rows=("c", "a", "end"), low=0.0, high=1.0)
    kept = {key: each for key, each in traced.trace.series.items() if key.name != "attention"}
    trace = replace(traced.trace, series={**kept, Key("alignment"): written})
    session.set("traced", replace(traced, trace=trace))
    made = attention.View(session)
    qtbot.addWidget(made)
    made.resize(900, 202)
    made.show()
    made.tick()
    assert made.fits(trace)
    assert "3 signs written" in made.badge()
    assert made.strips[0].high == pytest.approx(0.8)
    assert [tick.text for tick in made.ticks(made.area())] == ["c", "a", "end"]
    box = made.box(1, 0)
    point = QPointF(made.axis().x(2.5), box.top() + 0.5 * box.height())  # the second row from the top
    assert made.read(point).text.startswith("2: a")
    assert made.read(point).value == pytest.approx(0.8)
    made.clicked(point)
    moment = session.state.moment
    # That very moment, whichever row it is in.
    assert (moment.start + moment.stop) / 2 == pytest.approx(2.5, abs=0.02)
