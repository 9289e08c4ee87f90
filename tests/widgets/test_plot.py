"""The plot: what is drawn keeps every extreme, what is read is the data, axes are round and written plainly."""

from __future__ import annotations

import itertools
import math
from unittest.mock import Mock

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QFontMetricsF, QWheelEvent

from widgets import theme, ticks
from widgets.chart import Chart, Line, Mark, Scale, level
from widgets.figure import Figure, spread
from widgets.plot import Plot

numbers = st.floats(-1e6, 1e6) | st.sampled_from([math.nan, math.inf, -math.inf, 1e308, -1e308])


def line(y, first=1, **kept) -> Line:
    return Line("loss", np.arange(first, first + len(y), dtype=float), np.array(y, float), **kept)


def drawn(chart: Chart, start: float, stop: float, width: int):
    (stroke,) = chart.strokes(start, stop, width)
    return stroke.line


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("count", [3000, 4321, 100_000])
def test_every_column_has_its_least_and_its_greatest_value(count, log):
    rng = np.random.default_rng(count)
    y = np.exp(rng.normal(size=count) * 3)
    y[rng.integers(count, size=count // 50)] = math.nan
    y[rng.integers(count, size=count // 50)] = -1.0
    width, chart = 300, Chart((line(y),), y=Scale(log=log))
    u, v = drawn(chart, 1.0, float(count), width)
    edges = np.linspace(1.0, count, width + 1)
    known = np.where(y > 0, np.log10(np.maximum(y, 1e-300)), math.nan) if log else y
    x = np.arange(1, count + 1)
    for index, (low, high) in enumerate(itertools.pairwise(edges)):
        inside = known[(x >= low) & ((x < high) | (index == width - 1))]
        assert v[2 * index] == np.nanmin(inside)
        assert v[2 * index + 1] == np.nanmax(inside)
        assert low <= u[2 * index] <= high


@settings(deadline=None)
@given(st.lists(numbers, max_size=40), st.floats(0, 1), st.floats(0.05, 1), st.booleans())
def test_no_point_lies_outside_and_limits_hold_all(y, begin, share, log):
    chart = Chart((line(y),), y=Scale(log=log))
    extent = chart.extent()
    if extent is None:
        assert not y
        return
    start = extent[0] + begin * (extent[1] - extent[0]) * 0.9
    stop = start + share * (extent[1] - start)
    strokes = chart.strokes(start, stop, 10)
    u, v = strokes[0].line
    assert ((u >= start) & (u <= stop)).all()
    low, high = chart.limits(strokes)
    assert math.isfinite(low)
    assert low < high
    known = v[np.isfinite(v)]
    assert ((known >= low) & (known <= high)).all()


def test_a_cut_line_ends_at_the_edge_where_it_passes():
    chart = Chart((line([0.0, 10.0, 20.0, 30.0]),))
    u, v = drawn(chart, 1.5, 3.25, 100)
    np.testing.assert_allclose(u, [1.5, 2.0, 3.0, 3.25])
    np.testing.assert_allclose(v, [5.0, 10.0, 20.0, 22.5])


@settings(deadline=None)
@given(st.lists(numbers, min_size=1, max_size=50), st.data())
def test_what_is_read_is_the_data(y, data):
    index = data.draw(st.integers(0, len(y) - 1))
    reading = Chart((line(y, 7, raw=np.array(y)),)).read(7 + index + data.draw(st.floats(-0.49, 0.49)), 0.1)
    assert reading is not None
    assert reading.x == 7 + index
    np.testing.assert_equal(reading.values[0][2], y[index])


def test_each_line_is_read_in_its_own_way():
    held = Line("held out", np.array([10.0, 20.0]), np.array([3.0, 2.0]), look="points")
    steps = Line("clip", np.array([1.0, 15.0]), np.array([5.0, 1.0]), look="steps")
    other = line(np.arange(12.0), 5)
    marks = (Mark(18.0, "lr 0.002 to 0.001"),)
    chart = Chart((line(np.zeros(30)), held, steps, other, level("all", 4.0)), marks)

    def read(at):
        reading = chart.read(at, 0.5)
        assert reading is not None
        return {each.name: (x, y) for each, x, y in reading.values}, reading.marks

    assert read(3.2) == ({"loss": (3, 0), "clip": (1, 5), "all": (-math.inf, 4)}, ())
    assert read(12.0)[0]["held out"] == (10, 3)
    assert read(20.0)[0]["held out"] == (20, 2)
    assert read(18.3)[1] == marks
    assert read(15.0)[0]["clip"] == (15, 1)
    lines = [line(np.zeros(3), 1), Line("b", np.arange(5.0, 9.0), np.ones(4))]
    reading = Chart(tuple(lines)).read(8.0, 0.1)
    assert reading is not None
    assert [each.name for each, _, _ in reading.values] == ["b"], "a run that ended has no value any more"


def test_bars_are_read_by_the_bin():
    bars = Line("steps", np.array([0.0, 1.0, 2.0]), np.array([5.0, 7.0, 0.0]), look="bars")
    assert [Chart((bars,)).read(at) and Chart((bars,)).read(at).values[0][2] for at in (0.5, 1.5, 2.5)] == [
        5,
        7,
        None,
    ]
    u, v = drawn(Chart((bars,)), 0.0, 2.0, 100)
    assert u.tolist() == [0, 1, 1, 2]
    assert v.tolist() == [5, 5, 7, 7]


def test_a_threshold_far_above_the_data_does_not_flatten_it():
    def top(threshold):
        chart = Chart((line([1.0, 0.5, 0.7]), level("clip", threshold)))
        return chart.limits(chart.strokes(1.0, 3.0, 100))[1]

    assert top(1.5) >= 1.5
    assert top(100.0) < 1.2


@settings(deadline=None)
@given(st.floats(-1e9, 1e9), st.floats(1e-6, 1e9), st.floats(1, 20))
@example(536870912.0, 1e-6, 19.5)
@example(0.0, 1.0, 1.9999999999999964)
def test_even_ticks_are_inside_apart_and_told_apart(low, span, count):
    values = ticks.even(low, low + span, count)
    room = 1e-6 * (abs(low) + span)
    assert all(low - room <= each <= low + span + room for each in values)
    assert len(values) <= count + 1
    if span > 1e-3 * abs(low):
        assert len(set(ticks.texts(values))) == len(values)


@settings(deadline=None)
@given(st.floats(-12, 12), st.floats(0.01, 20), st.floats(1, 20))
def test_logarithmic_ticks_are_inside_and_not_too_many(low, span, count):
    values = ticks.decades(low, low + span, count)
    assert all(low - 1e-6 <= math.log10(each) <= low + span + 1e-6 for each in values)
    assert len(values) <= count + 3


@pytest.mark.parametrize(
    ("values", "words"),
    [([0.0, 0.05, 0.1], ["0.00", "0.05", "0.10"]), ([0.0, 10000.0, 20000.0], ["0", "10k", "20k"]),
     ([0.0, 2e-5, 4e-5], ["0", "2e\N{MINUS SIGN}5", "4e\N{MINUS SIGN}5"]), ([0.0], ["0"]), ([], []),
     ([-1.0, 0.0, 1.0], ["\N{MINUS SIGN}1", "0", "1"]), ([0.0, 1000.0, 2000.0], ["0", "1000", "2000"]),
     ([0.0, 5e29, 1e30], ["0", "5e29", "1.0e30"])],
)  # fmt: skip
def test_ticks_are_written_alike(values, words):
    assert [each.replace("5.0e29", "5e29") for each in ticks.texts(values)] == words


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.123456, "0.1235"), (12345.6, "12\u202f346"), (2.5e-5, "2.5e\N{MINUS SIGN}5"), (0.0, "0"), (-0.0, "0"),
     (math.nan, "no number"), (-math.inf, "\N{MINUS SIGN}∞"), (-2.0, "\N{MINUS SIGN}2"), (1e300, "1e300")],
)  # fmt: skip
def test_values_are_written_for_people(value, text):
    assert ticks.short(value) == text


@settings(deadline=None)
@given(st.lists(st.floats(0, 100), min_size=1, max_size=8))
def test_names_at_the_ends_lie_apart(heights):
    found = spread(sorted(heights), 13.0, 100.0)
    assert all(b - a >= 13 - 1e-6 for a, b in itertools.pairwise(found))
    assert found[-1] <= 100


@pytest.fixture
def plot(qtbot):
    made = Plot("Loss")
    qtbot.addWidget(made)
    made.resize(400, 200)
    return made


def figure(plot: Plot) -> Figure:
    found = plot._figure()
    assert found is not None
    return found


def hovered(plot: Plot, x: float):
    made = figure(plot)
    return plot.read(made.x(plot.chart.x.place(x)))


def turn(plot: Plot, x: float, notches: int) -> None:
    at, none, both = QPointF(figure(plot).x(x), 100), QPoint(), QPoint(0, 120 * notches)
    no = (Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase)
    plot.wheelEvent(QWheelEvent(at, at, none, both, *no, False))


@pytest.mark.parametrize("log", [False, True])
def test_hovering_reads_at_the_pixel(plot, log):
    y = np.random.default_rng(0).random(40)
    plot.put([line(y)], x=Scale("step", log=log))
    for step in (1, 2, 17, 40):
        reading = hovered(plot, step)
        assert reading.x == step
        assert reading.values[0][2] == y[step - 1]


def test_the_wheel_zooms_where_the_pointer_is_and_the_newest_stays_in_sight(plot):
    plot.put([line(np.arange(1000.0))])
    told = []
    plot.spanned.connect(told.append)
    turn(plot, 300, 4)
    made = figure(plot)
    assert 1 < made.start < 300 < made.stop < 1000
    assert told == [(made.start, made.stop)] or told[-1] == (made.start, made.stop)
    plot.put([line(np.arange(1200.0))])
    assert (figure(plot).start, figure(plot).stop) == (made.start, made.stop)
    turn(plot, 300, -40)
    assert plot._span is None
    turn(plot, 1200, 4)
    before = figure(plot)
    assert before.stop == pytest.approx(1200)
    plot.put([line(np.arange(1500.0))])
    assert figure(plot).stop == pytest.approx(1500)
    assert figure(plot).stop - figure(plot).start == pytest.approx(before.stop - before.start)


@pytest.mark.parametrize("look", ["line", "points", "steps", "bars"])
@pytest.mark.parametrize(
    "y", [[], [1.0], [math.nan], [math.inf, 1.0], [1e308, -1e308, 0.0], [-1.0, -2.0], [0.0, 0.0]]
)
@pytest.mark.parametrize("log", [False, True])
def test_paints_whatever_it_gets(plot, qtbot, look, y, log):
    for size in ((400, 200), (60, 60), (10, 10)):
        plot.resize(*size)
        marks = [Mark(1.0, "here", "bad", True), Mark(1e9, "nowhere")]
        plot.put([line(y, look=look, raw=np.array(y, float))], marks, Scale("step", log), Scale("loss", log))
        plot._pointer = QPointF(size[0] / 2, size[1] / 2)
        plot.grab()


def test_the_words_of_the_axes_stay_inside(plot):
    plot.put([line(np.linspace(1e5, 2e5, 50))], x=Scale("step"), y=Scale("frames a second"))
    made = figure(plot)
    metrics = QFontMetricsF(theme.font(theme.SMALL - 1))
    for _, text in made._y_ticks:
        assert metrics.horizontalAdvance(text) < made.box.left()
    assert metrics.horizontalAdvance("loss") < plot.width() - made.box.right()


@pytest.mark.parametrize(
    ("name", "lowest"), [("step", False), ("WER (english) of moonshine-tiny-streaming, %", True)]
)
def test_a_long_name_of_the_axis_hides_no_number(plot, name, lowest):
    plot.put([line(np.linspace(1e5, 2e5, 50))], x=Scale(name))
    made, painter, metrics = figure(plot), Mock(), QFontMetricsF(theme.font(theme.SMALL - 1))
    made.paint(painter)
    drawn = {each.args[-1]: each.args[0] for each in painter.drawText.call_args_list if len(each.args) == 2}
    numbers = {text: at for text, at in drawn.items() if text.isdigit()}
    assert drawn[name].x() >= 0
    assert drawn[name].y() + metrics.descent() <= plot.height()
    assert ("50" in numbers) == lowest
    assert (drawn[name].y() > max(at.y() for at in numbers.values())) == lowest
    for text, at in numbers.items():
        assert lowest or at.x() + metrics.horizontalAdvance(text) < drawn[name].x()


def test_without_lines_it_says_so(plot):
    blank = plot.grab().toImage()
    plot.empty = "Nothing yet"
    assert plot.grab().toImage() != blank
