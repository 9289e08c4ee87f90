"""Comparing in the window: the jobs tell how far they are, and the dialog shows what they found."""

from __future__ import annotations

import dataclasses
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from app import contest, points
from app.cli import UsageError
from engine import build, checkpoint
from engine.comparison import SIDES
from engine.events import Progress
from engine.knob import KnobError
from tests.waiting import analysed, pump

if TYPE_CHECKING:
    from collections.abc import Iterator


pytestmark = pytest.mark.qt_log_ignore("This plugin does not support raise")


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[points.Point]:
    """Trainings that take no time: an error of a tenth of the seed and one, and those asked for."""
    asked: list[points.Point] = []

    def run(every: list[points.Point], folder: Path, device: str) -> Any:
        for point in every:
            asked.append(point)
            yield Progress(0.5, point.name)
            yield None
            one = point.recipe
            network = checkpoint.untrained(one.task, one.model_settings, one.task_settings, one.model)
            folder.mkdir(parents=True, exist_ok=True)
            place = Path(tempfile.mkdtemp(dir=folder))
            weights = build.weights(build.build(network))
            checkpoint.save(dataclasses.replace(network, weights=weights), place / "last.safetensors")
            count = sum(each.size for each in weights.values())
            figures = dict.fromkeys(points.MEASURED, 1.0) | {
                "error": 0.1 * (1 + one.train.seed),
                "parameters": count,
            }
            yield {**point.named, **figures, "run": str(place)}

    monkeypatch.setattr(points, "run", run)
    return asked


def test_a_whole_comparison_ends_with_what_it_found(trained: list[points.Point], tmp_path: Path) -> None:
    events = list(contest.whole("copy", ("dense", "gru"), 3, 5, 5000, tmp_path, "cpu"))
    assert not any(isinstance(each, dict) for each in events)
    assert any(isinstance(each, Progress) and "gru" in each.doing for each in events)
    found = events[-1].found
    assert found["networks"]["gru"]["error"]["mean"] == pytest.approx(0.2)
    assert found["networks"]["dense"]["parameters"]["mean"] == pytest.approx(5000, rel=0.05)
    assert {each.recipe.train.steps for each in trained} == {5}


def test_a_length_is_the_knob_of_the_task(trained: list[points.Point], tmp_path: Path) -> None:
    event = list(contest.at_value("copy", ("rnn",), 2, 5, 0, "seqlen", 17, tmp_path, "cpu"))[-1]
    assert {each.recipe.task_settings.to_dict()["delay"] for each in trained} == {17}
    assert (event.value, event.places, event.chance) == (17, {"rnn": 17}, 0.75)
    assert event.errors["rnn"]["mean"] == pytest.approx(0.15)
    with pytest.raises(UsageError, match="digits has no knob for the length"):
        list(contest.at_value("digits", ("rnn",), 2, 5, 0, "seqlen", 17, tmp_path, "cpu"))
    with pytest.raises(KnobError, match="passage is 10 bars; its range is 0 to 8 bars"):
        list(contest.at_value("melody", ("rnn",), 2, 5, 0, "seqlen", 10, tmp_path, "cpu"))


def test_a_point_of_a_curve_has_the_budget_of_the_others(trained: list[points.Point], tmp_path: Path) -> None:
    texts = ("dense", "rnn", "lstm", "gru")
    event = list(contest.at_value("copy", texts, 1, 5, 8000, "seqlen", 3, tmp_path, "cpu"))[-1]
    assert event.terms == (1, 5, 8000)
    assert event.parameters == pytest.approx(dict.fromkeys(texts, 8000), rel=0.05)


def test_a_look_ahead_is_drawn_at_the_latency_that_it_costs_each(
    trained: list[points.Point], tmp_path: Path
) -> None:
    """Half a window of 25 ms, and so many frames of 10 ms; two frames to either side wait for two more."""
    texts = ("rnn", "dense:context=2")
    event = list(contest.at_value("phonemes", texts, 1, 5, 0, "look_ahead", 4, tmp_path, "cpu"))[-1]
    assert {each.recipe.task_settings.to_dict()["delay"] for each in trained} == {4}
    assert event.places == {"rnn": pytest.approx(52.5), "dense:context=2": pytest.approx(72.5)}
    with pytest.raises(UsageError, match="copy has no knob for how late"):
        list(contest.at_value("copy", ("rnn",), 1, 5, 0, "look_ahead", 4, tmp_path, "cpu"))


def test_one_that_is_stopped_stops_its_training(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ended = []

    def run(every: list[points.Point], folder: Path, device: str) -> Any:
        try:
            while True:
                yield None
        finally:
            ended.append(True)

    monkeypatch.setattr(points, "run", run)
    steps = contest.whole("copy", ("rnn",), 1, 5, 0, tmp_path, "cpu")
    for _ in range(4):
        next(steps)
    steps.close()
    assert ended == [True]


def side(mean: float, half: float) -> dict[str, Any]:
    return {"mean": mean, "ci95": half, "values": [mean]}


def at(
    task: str,
    axis: str,
    value: int,
    chance: float | None,
    errors: dict[str, Any],
    terms: tuple[int, int, int] = (3, 200, 0),
) -> contest.At:
    places, sizes = dict.fromkeys(errors, float(value)), dict.fromkeys(errors, 9000.0)
    return contest.At(task, axis, value, chance, errors, places, terms, sizes)


def curve_of(dialog: Any, name: str) -> Any:
    return next(line for line in dialog.curve.chart.lines if line.name == name)


def test_the_dialog_shows_table_points_and_curves(qtbot: Any, trained: list[points.Point], tmp_path: Path) -> None:
    from PySide6.QtWidgets import QMainWindow

    from app.versus import Dialog
    from engine.session import Session

    class Wiring:
        def __init__(self) -> None:
            self.heard: dict[type, Any] = {}

        def on(self, kind: type, handler: Any) -> None:
            self.heard[kind] = handler

    window: Any = QMainWindow()
    qtbot.addWidget(window)
    window.wiring, window.session = Wiring(), Session()
    dialog = Dialog(window)
    found = list(contest.whole("copy", ("dense", "gru"), 3, 5, 5000, tmp_path, "cpu"))[-1]
    window.wiring.heard[contest.Measured](found)
    assert dialog.table.rowCount() == 2
    cell: Any = dialog.table.item(1, 0)
    assert cell.text().startswith("20.0 ± ")
    assert {line.name for line in dialog.pareto.chart.lines} >= {"dense", "gru", "guessing"}
    for length, plain in ((5, 0.1), (30, 0.7)):
        errors = {"rnn": side(plain, 0.02), "gru": side(0.0, 0.0)}
        window.wiring.heard[contest.At](at("copy", "seqlen", length, 0.75, errors))
    curve = next(line for line in dialog.curve.chart.lines if line.name == "rnn")
    assert (curve.x.tolist(), curve.y.tolist()) == ([5, 30], pytest.approx([10, 70]))
    assert dialog.advice.text().startswith("Take gru over rnn: at a delay of 30")
    # Another network at a length joins the curves; what was measured on other terms does not.
    window.wiring.heard[contest.At](at("copy", "seqlen", 30, 0.75, {"lstm": side(0.0, 0.0)}))
    assert len(curve_of(dialog, "rnn").x) == 2
    assert len(curve_of(dialog, "lstm").x) == 1
    window.wiring.heard[contest.At](at("copy", "seqlen", 8, 0.75, {"rnn": side(0.3, 0.02)}, (3, 50, 0)))
    assert curve_of(dialog, "rnn").x.tolist() == [8]
    assert dialog.advice.text().endswith("Points of other seeds, steps or budgets are left out: 2.")
    unlike = at("copy", "seqlen", 9, 0.75, {name: side(0.3, 0.02) for name in ("rnn", "gru")}, (3, 50, 0))
    unlike = dataclasses.replace(unlike, parameters={"rnn": 1000.0, "gru": 3000.0})
    window.wiring.heard[contest.At](unlike)
    assert "Parameters differ: rnn has 1,000, gru 3,000" in dialog.advice.text()
    for frames, error in ((0, 0.4), (8, 0.1)):
        ahead = at("phonemes", "look_ahead", frames, None, {"rnn": side(error, 0.02)})
        window.wiring.heard[contest.At](dataclasses.replace(ahead, places={"rnn": 12.5 + 10 * frames}))
    curve = next(line for line in dialog.curve.chart.lines if line.name == "rnn")
    assert (curve.x.tolist(), curve.y.tolist()) == ([12.5, 92.5], pytest.approx([40, 10]))
    assert "latency" in dialog.curve.chart.x.name
    dialog.grab().save(str(tmp_path / "dialog.png"))


@pytest.fixture
def dialog(qapp: Any, tmp_path: Path) -> Iterator[Any]:
    """As it is opened from the menu of a real window."""
    from app.versus import Dialog
    from app.window import Window

    window = Window(fresh=True)
    window.runs.folder = tmp_path
    window.runs.asks = window.saving.asks = False  # nobody is here to answer
    window.show()
    pump(qapp, lambda: analysed(window))
    window.actions_by_name["versus"].trigger()
    made: Any = window.findChild(Dialog)
    pump(qapp, made.isVisible)
    yield made
    window.close()
    window.deleteLater()
    qapp.processEvents()


def wished(dialog: Any, **knobs: Any) -> None:
    dialog.form.show_settings(dialog.wish.but(**{"dense": False, "lstm": False, "seeds": 1, "steps": 10} | knobs))


def test_its_buttons_train_what_is_chosen(qapp: Any, dialog: Any, trained: list[points.Point]) -> None:
    wished(dialog, seeds=2, budget=5000)
    dialog.compare_button.click()
    assert not dialog.compare_button.isEnabled()
    assert dialog.stop_button.isEnabled()
    pump(qapp, lambda: not dialog.running)
    assert [(each.named["network"], each.recipe.train.seed) for each in trained] == [
        ("rnn", 0), ("rnn", 1), ("gru", 0), ("gru", 1),
    ]  # fmt: skip
    assert {(each.recipe.task, each.recipe.train.steps) for each in trained} == {("copy", 10)}
    assert dialog.table.rowCount() == 2
    assert dialog.table.item(0, list(SIDES).index("error")).text().startswith("15.0 ± ")
    budget = [row["parameters"]["mean"] for row in dialog.found["networks"].values()]
    assert budget == pytest.approx([5000, 5000], rel=0.05)
    trained.clear()
    dialog.length_button.click()
    pump(qapp, lambda: not dialog.running)
    assert {each.recipe.task_settings.to_dict()["delay"] for each in trained} == {dialog.wish.length}
    (event,) = dialog.at.values()
    assert event.parameters == pytest.approx({"rnn": 5000, "gru": 5000}, rel=0.05)
    assert curve_of(dialog, "gru").x.tolist() == [dialog.wish.length]
    trained.clear()
    wished(dialog, task="phonemes", look_ahead=3)
    dialog.ahead_button.click()
    pump(qapp, lambda: not dialog.running)
    assert {each.recipe.task for each in trained} == {"phonemes"}
    assert {each.recipe.task_settings.to_dict()["delay"] for each in trained} == {3}
    assert curve_of(dialog, "rnn").x.tolist() == pytest.approx([42.5])
    assert dialog.compare_button.isEnabled()
    assert not dialog.stop_button.isEnabled()


def test_what_cannot_be_measured_is_said_beside_the_buttons(
    qapp: Any, dialog: Any, trained: list[points.Point], monkeypatch: pytest.MonkeyPatch
) -> None:
    wished(dialog, rnn=False, gru=False)
    dialog.compare_button.click()
    assert "at least one network" in dialog.said.text()
    wished(dialog, rnn=True)
    monkeypatch.setattr(dialog.window_.runs, "training", True)
    dialog.compare_button.click()
    assert "A training runs: stop it first" in dialog.said.text()
    monkeypatch.setattr(dialog.window_.runs, "training", False)
    dialog.ahead_button.click()
    pump(qapp, lambda: not dialog.running)
    assert "copy has no knob for how late it answers" in dialog.said.text()
    assert "--" not in dialog.said.text()
    assert dialog.ahead_button.isEnabled()
    assert trained == []


def test_stop_ends_the_training_and_gives_the_buttons_back(
    qapp: Any, dialog: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = []

    def run(every: list[points.Point], folder: Path, device: str) -> Any:
        try:
            yield Progress(0.0, "one of many")
            while True:
                time.sleep(0.01)
                yield None
        finally:
            ended.append(True)

    monkeypatch.setattr(points, "run", run)
    wished(dialog)
    dialog.compare_button.click()
    pump(qapp, lambda: dialog.said.text() == "one of many")
    dialog.stop_button.click()
    pump(qapp, lambda: not dialog.running)
    assert ended == [True]
    assert dialog.said.text().startswith("Stopped; what was learnt is kept")
    assert dialog.compare_button.isEnabled()
    assert not dialog.stop_button.isEnabled()
