"""The curves of training: the arrays are the history, smoothing is its formula, and hovering reads the data."""

from __future__ import annotations

import dataclasses
import math
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.events import Began, Changed, Evaluated, Halted, Step
from engine.session import History, Session
from engine.steps import Steps
from widgets import quantity, runs
from widgets.quantity import Run, Wish
from widgets.runs import Record, lasting, smoothed
from widgets.views.curves import View

if TYPE_CHECKING:
    from widgets.plot import Plot

RECIPE = "[train]\nlr = 0.002\nclip = 1.0\n"
numbers = st.floats(-1e6, 1e6) | st.sampled_from([math.nan, math.inf, 1e300])


def step(number: int, loss: float = 1.0, **values: float) -> Step:
    made = {"ctc": loss, "lr": 0.002, "gradient": 2.0, "clipped": 1.0, "seconds": 0.05, "frames": 800.0}
    return Step(
        number, (number - 1) // 50, loss, MappingProxyType({**made, "weights": 9.0, "memory": 5e8, **values})
    )


def history(first: int = 1, last: int = 300, name: str = "run", seed: int = 0, **kept) -> History:
    rng = np.random.default_rng(seed)
    steps = tuple(step(k, 3 / k + rng.random(), gradient=float(rng.lognormal())) for k in range(first, last + 1))
    steps = tuple(
        dataclasses.replace(each, values={**each.values, "clipped": min(each.values["gradient"], 1.0)})
        for each in steps
    )
    tried = tuple(
        Evaluated(k, split, 2.0 / k + (split == "valid"), 200 - k // 2, 400)
        for k in range(first - first % 100 + 100, last + 1, 100)
        for split in ("train", "valid")
    )
    return History(steps, tried, began=Began(name, RECIPE, last, step=first - 1), **kept)


def record(made: History) -> Record:
    found = Record()
    found.take(made)
    return found


def run(made: History) -> Run:
    return Run("", made, record=record(made))


def opened(qtbot, session: Session, size: tuple[int, int] = (800, 300)) -> View:
    view = View(session)
    qtbot.addWidget(view)
    view.resize(*size)
    view.show()
    view.tick()
    return view


def choose(view: View, what: str, axis: str = "step") -> None:
    view.choices.what.setCurrentIndex(view.choices.what.findData(what))
    view.choices.axis.setCurrentIndex(view.choices.axis.findData(axis))
    view.choices.changed.emit()
    assert view.trouble == ""


def hovered(plot: Plot, x: float) -> dict[str, float]:
    figure = plot._figure()
    assert figure is not None
    reading = plot.read(figure.x(plot.chart.x.place(x)))
    assert reading is not None
    return {line.name: value for line, _, value in reading.values}


def test_arrays_are_the_history_however_it_came():
    whole = history()
    grown = Record()
    for count in (0, 1, 2, 100, 101, 300):
        grown.take(dataclasses.replace(whole, steps=whole.steps[:count]))
        assert grown.count == count
    for name in ("step", "epoch", "loss"):
        np.testing.assert_equal(grown[name], [getattr(each, name) for each in whole.steps])
    for name in ("ctc", *runs.MEASURED):
        np.testing.assert_equal(grown[name], [each.values.get(name, np.nan) for each in whole.steps])
    np.testing.assert_allclose(grown["speed"], 16000.0)
    np.testing.assert_allclose(grown["time"], 0.05 * np.arange(1, 301))
    assert grown.terms == ["ctc"]


def test_only_what_is_new_is_converted(monkeypatch):
    asked, table = [], Steps.table
    monkeypatch.setattr(Steps, "table", lambda *asking: asked.append(asking[1:]) or table(*asking))
    steps = Steps(step(k) for k in range(1, 2001))
    found = record(History(steps))
    found.take(History(steps))
    found.take(History(steps.plus(step(k) for k in range(2001, 2011))))
    assert asked == [(0, 2000), (2000, 2010)]
    assert found["step"].tolist() == list(range(1, 2011))


def test_another_run_begins_anew_and_a_term_may_come_late():
    found = record(history())
    found.take(history(5, 20, seed=1))
    assert found["step"].tolist() == list(range(5, 21))
    longer = history(1, 400, seed=3)
    found.take(longer)
    np.testing.assert_equal(found["loss"], [each.loss for each in longer.steps])
    late = History((step(1), step(2, extra=3.0)))
    assert record(late).terms == ["ctc", "extra"]
    np.testing.assert_equal(record(late)["extra"], [math.nan, 3.0])
    np.testing.assert_equal(record(late)["nothing"], [math.nan, math.nan])


@pytest.mark.parametrize("at_once", [True, False])
def test_a_run_that_went_back_is_recorded_as_it_went_on(at_once):
    first, again = [step(k, 1.0) for k in range(1, 9)], [step(k, 2.0) for k in range(5, 11)]
    found = Record()
    if not at_once:
        found.take(History(tuple(first)))
        found.smooth("loss", 3)
    found.take(History((*first, *again)))
    assert found["step"].tolist() == list(range(1, 11))
    assert found["loss"].tolist() == [1.0] * 4 + [2.0] * 6
    np.testing.assert_array_equal(found.smooth("loss", 3), smoothed(found["loss"], 3)[0])
    np.testing.assert_allclose(found["time"], 0.05 * np.arange(1, 11))


@settings(deadline=None)
@given(st.lists(st.integers(0, 20), max_size=30))
def test_what_lasts_is_what_no_later_row_goes_back_to(steps):
    wanted = [all(later > each for later in steps[index + 1 :]) for index, each in enumerate(steps)]
    assert lasting(np.array(steps, float)).tolist() == wanted


@settings(deadline=None)
@given(st.lists(numbers, max_size=60), st.sampled_from([1, 2, 5, 50, 5000]), st.data())
def test_smoothing_is_its_formula_in_one_piece_or_many(values, width, data):
    decay, wanted = 1 - 1 / width, []
    for t, value in enumerate(values):
        known = [(decay**j, values[t - j]) for j in range(t + 1) if math.isfinite(values[t - j])]
        below = math.fsum(weight for weight, _ in known)
        above = math.fsum(weight / below * x for weight, x in known) if math.isfinite(value) else math.nan
        wanted.append(above)
    x = np.array(values, float)
    room = 1e-9 * max([1.0, *(abs(each) for each in values if math.isfinite(each))])
    np.testing.assert_allclose(smoothed(x, width)[0], wanted, rtol=1e-9, atol=room)
    cut = data.draw(st.integers(0, len(values)))
    begin, carry = smoothed(x[:cut], width)
    np.testing.assert_allclose(
        np.concatenate([begin, smoothed(x[cut:], width, carry)[0]]), wanted, rtol=1e-9, atol=room
    )


def test_a_huge_value_is_forgotten_again():
    x = np.ones(5000)
    x[10] = 1e30
    assert smoothed(x, 10)[0][-1] == pytest.approx(1.0)


def test_smoothing_goes_on_where_it_was():
    whole = history(1, 500)
    found = Record()
    for count in (1, 3, 250, 251, 500):
        found.take(dataclasses.replace(whole, steps=whole.steps[:count]))
        kept = found.smooth("loss", 20)
    np.testing.assert_allclose(kept, smoothed(found["loss"], 20)[0], rtol=1e-12)


def test_epochs_and_seconds_are_axes_too():
    found = record(history(1, 300))
    np.testing.assert_allclose(found.along("epoch"), np.arange(300) / 50)
    np.testing.assert_allclose(found.along("time"), 0.05 * np.arange(1, 301))
    np.testing.assert_allclose(found.place([1, 101], "epoch"), [0, 2])
    forked = record(history(120, 200))
    np.testing.assert_allclose(forked.along("epoch"), np.arange(119, 200) / 50)
    assert record(history(1, 10)).along("epoch").tolist() == [0.0] * 10, "an epoch has not ended yet"


def test_hovering_reads_the_step(qtbot):
    made = history()
    view = opened(qtbot, Session(history=made))
    for number in (1, 57, 150, 300):
        wanted = made.steps[number - 1]
        choose(view, "loss")
        read = hovered(view.main, number)
        assert read["training"] == wanted.loss
        assert read.get("held out") == (2.0 / (number // 100 * 100) + 1 if number >= 100 else None)
        choose(view, "rate")
        assert hovered(view.main, number) == {"learning rate": 0.002}
        choose(view, "gradient")
        values = {"before": wanted.values["gradient"], "after": wanted.values["clipped"], "threshold": 1.0}
        assert hovered(view.main, number) == values
        choose(view, "throughput")
        assert hovered(view.main, number)["frames"] == pytest.approx(16000)
        assert hovered(view.side, number)["time"] == pytest.approx(50)
        choose(view, "memory")
        assert hovered(view.main, number)["memory"] == pytest.approx(500)
        choose(view, "weights")
        assert hovered(view.main, number) == {"weights": 9.0}
    choose(view, "error")
    assert hovered(view.main, 200) == {"training": 25.0, "held out": 25.0}
    assert view.choices.what.findData("term ctc") == -1, "one term is the loss itself"


def test_a_loss_of_several_terms_shows_each(qtbot):
    steps = tuple(step(k, 3.0, ctc=2.0, smooth=1.0) for k in range(1, 10))
    view = opened(qtbot, Session(history=History(steps)))
    assert hovered(view.main, 5) == {"total": 3.0, "ctc": 2.0, "smooth": 1.0}
    choose(view, "term smooth")
    assert hovered(view.main, 5) == {"smooth": 1.0}


def test_runs_lie_over_each_other_and_a_fork_begins_at_its_step(qtbot):
    now, fork, short = history(), history(120, 400, "fork", 1), history(1, 50, "short", 2)
    session = Session(history=now, compared=(fork, short))
    view = opened(qtbot, session)
    names = {line.name: line for line in view.main.chart.lines}
    assert names["fork"].x[0] == 120
    assert len({line.ink for line in names.values() if line.look == "line"}) == 3
    assert {"run", "short"} == set(hovered(view.main, 30))
    read = hovered(view.main, 250)
    assert read["run"] == now.steps[249].loss
    assert read["fork"] == fork.steps[130].loss
    assert "short" not in read
    assert set(hovered(view.main, 399)) == {"fork", "run, held out", "fork, held out"}
    action = next(each for each in view.choices.menu.actions() if each.text() == "fork")
    action.setChecked(False)
    assert "fork" not in hovered(view.main, 250)
    session.set("compared", ())
    view.tick()
    assert "training" in hovered(view.main, 250)


def test_runs_of_one_name_are_told_apart(qtbot):
    view = opened(qtbot, Session(history=history(), compared=(history(seed=1), history(seed=2))))
    assert {"run", "run (2)", "run (3)"} <= set(hovered(view.main, 10))


def test_the_threshold_is_that_of_the_time():
    changes = (Changed(100, "clip", 1.0, 0.5), Changed(150, "lr", 0.1, 0.2), Changed(200, "clip", 0.5, 0.0))
    made = run(history(changes=changes))
    chart, _ = quantity.charts("gradient", [made], Wish())
    found = {}
    for number in (1, 100, 101, 200, 201):
        reading = chart.read(number)
        assert reading is not None
        found[number] = next(value for line, _, value in reading.values if line.name == "threshold")
    np.testing.assert_equal(found, {1: 1.0, 100: 1.0, 101: 0.5, 200: 0.5, 201: math.nan})


@pytest.mark.parametrize(
    "recipe", ["", "not = [toml", "train = 3", "[train]\nclip = 'much'\n", "[train]\nlr = 1\n"]
)
def test_without_a_known_threshold_none_is_drawn(recipe):
    made = dataclasses.replace(history(), began=Began("a", recipe, 300))
    chart, _ = quantity.charts("gradient", [run(made)], Wish())
    assert "threshold" not in {line.name for line in chart.lines}


def test_the_histogram_counts_the_norms_and_what_was_clipped():
    made = run(history())
    norms = made.record["gradient"]
    chart = quantity.charts("gradient", [made], Wish())[1]
    (bars,) = chart.lines
    np.testing.assert_array_equal(bars.y[:-1], np.histogram(norms, bars.x)[0])
    assert bars.y.sum() == 300
    assert f"{100 * (norms > 1.0).mean():.0f} % clipped" in chart.y.name
    assert chart.marks[0].x == 1.0


def test_where_values_are_cut_the_angle_is_drawn_beside():
    steps = [step(k, 1.0, angle=0.5 * k) for k in range(1, 4)]
    beside = quantity.charts("gradient", [run(History(tuple(steps)))], Wish())[1]
    assert beside.lines[0].y.tolist() == [0.5, 1.0, 1.5]
    assert "°" in beside.y.name


def test_changes_halts_and_what_is_looked_at_are_marked():
    made = run(history(changes=(Changed(20, "lr", 0.002, 0.001),), halted=Halted(300, "loss", 290, 0.001), at=120))
    marks = quantity.marks(made, Wish())
    assert [(each.x, each.text) for each in marks] == [
        (20, "lr 0.002 → 0.001"), (300, "halted: loss"), (120, "shown: step 120")
    ]  # fmt: skip
    assert [each.x for each in quantity.marks(made, Wish("epoch"))] == pytest.approx([19 / 50, 299 / 50, 119 / 50])


@pytest.mark.parametrize("what", quantity.QUANTITIES)
@pytest.mark.parametrize("axis", quantity.AXES)
@pytest.mark.parametrize("log", [False, True])
def test_whatever_a_run_tells_can_be_drawn(qtbot, what, axis, log):
    nothing = History((Step(1, 0, math.nan),))
    one = History((step(1),))
    wild = [math.nan, math.inf, -math.inf, 1e308, -1e308, 0.0, 5e-324, -1.0]
    odd = tuple(
        Step(k + 1, k // 3, x, MappingProxyType(dict.fromkeys(("ctc", "b", *runs.MEASURED), x)))
        for k, x in enumerate(wild)
    )
    tried = (Evaluated(1, "valid", math.nan, 0, 0), Evaluated(2, "train", 1e308, 9**9, 1))
    session = Session(history=nothing)
    view = opened(qtbot, session)
    view.choices.log.setChecked(log)
    choose(view, what, axis)
    for made in (nothing, one, History(odd, tried), History(), history()):
        for compared in ((), (one, History(), history(40, 60))):
            session.set("history", made)
            session.set("compared", compared)
            for width in (0, 5):
                view.choices.smooth.setValue(width)
                view.mark()
                view.tick()
                view.grab()
                assert view.trouble == ""


def test_what_was_as_it_came_is_drawn_beneath_what_is_smooth(qtbot):
    view = opened(qtbot, Session(history=history()))
    view.choices.smooth.setValue(0)
    (line, _) = view.main.chart.lines
    assert line.raw is None
    for place, width in ((3, 4), (4, 8), (6, 32)):  # 2, 5 and 20 % of 300 steps, as powers of two
        view.choices.smooth.setValue(place)
        (line, _) = view.main.chart.lines
        np.testing.assert_array_equal(line.raw, view._records[0]["loss"])
        np.testing.assert_array_equal(line.y, smoothed(line.raw, width)[0])
        assert f"{width} steps" in view.choices.smooth.toolTip()


def test_two_plots_of_the_same_steps_show_the_same_stretch(qtbot):
    view = opened(qtbot, Session(history=history()))
    choose(view, "throughput")
    view.main.set_span((50.0, 90.0))
    assert view.side._span == (50.0, 90.0)
    view.side.set_span(None)
    assert view.main._span is None
    choose(view, "gradient")
    view.main.set_span((50.0, 90.0))
    assert view.side._span is None, "a histogram is over norms"


@pytest.mark.parametrize("size", [(288, 240), (900, 200), (288, 120), (120, 60)])
def test_choices_fit_the_width(qtbot, size):
    view = opened(qtbot, Session(history=history(), compared=(history(seed=1),)), size)
    shown = [
        part
        for part in (
            view.choices.what,
            view.choices.log,
            view.choices.smooth,
            view.choices.axis,
            view.choices.runs,
        )
        if part.isVisible()
    ]
    assert (
        all(part.geometry().right() < view.width() for part in shown) or size[0] < view.minimumSizeHint().width()
    )
    assert len(shown) == (5 if size[0] > 400 else len(shown))


def test_a_curve_is_exported_as_lines(qtbot, tmp_path):
    from app import pictures

    view = opened(qtbot, Session(history=history()))
    pictures.save(view, tmp_path / "curves.svg")
    text = (tmp_path / "curves.svg").read_text()
    assert "<polyline" in text
    assert "held out" in text
