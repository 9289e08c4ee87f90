"""Comparing in the window: the jobs tell how far they are, and the dialog shows what they found."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import pytest

from app import contest, points
from app.cli import UsageError
from engine import build, checkpoint
from engine.events import Progress

if TYPE_CHECKING:
    from pathlib import Path


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
            place = folder / str(len(asked))
            place.mkdir(parents=True)
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
    event = list(contest.at_value("copy", ("rnn",), 2, 5, "seqlen", 17, tmp_path, "cpu"))[-1]
    assert {each.recipe.task_settings.to_dict()["delay"] for each in trained} == {17}
    assert (event.value, event.places, event.chance) == (17, {"rnn": 17}, 0.75)
    assert event.errors["rnn"]["mean"] == pytest.approx(0.15)
    with pytest.raises(UsageError, match="digits has no knob for the length"):
        list(contest.at_value("digits", ("rnn",), 2, 5, "seqlen", 17, tmp_path, "cpu"))


def test_a_look_ahead_is_drawn_at_the_latency_that_it_costs_each(
    trained: list[points.Point], tmp_path: Path
) -> None:
    """Half a window of 25 ms, and so many frames of 10 ms; two frames to either side wait for two more."""
    texts = ("rnn", "dense:context=2")
    event = list(contest.at_value("phonemes", texts, 1, 5, "look_ahead", 4, tmp_path, "cpu"))[-1]
    assert {each.recipe.task_settings.to_dict()["delay"] for each in trained} == {4}
    assert event.places == {"rnn": pytest.approx(52.5), "dense:context=2": pytest.approx(72.5)}
    with pytest.raises(UsageError, match="copy has no knob for how late"):
        list(contest.at_value("copy", ("rnn",), 1, 5, "look_ahead", 4, tmp_path, "cpu"))


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
        places = dict.fromkeys(errors, float(length))
        window.wiring.heard[contest.At](contest.At("copy", "seqlen", length, 0.75, errors, places))
    curve = next(line for line in dialog.curve.chart.lines if line.name == "rnn")
    assert (curve.x.tolist(), curve.y.tolist()) == ([5, 30], pytest.approx([10, 70]))
    assert dialog.advice.text().startswith("Take gru over rnn: at a delay of 30")
    for frames, error in ((0, 0.4), (8, 0.1)):
        places = {"rnn": 12.5 + 10 * frames}
        at = contest.At("phonemes", "look_ahead", frames, None, {"rnn": side(error, 0.02)}, places)
        window.wiring.heard[contest.At](at)
    curve = next(line for line in dialog.curve.chart.lines if line.name == "rnn")
    assert (curve.x.tolist(), curve.y.tolist()) == ([12.5, 92.5], pytest.approx([40, 10]))
    assert "latency" in dialog.curve.chart.x.name
    dialog.grab().save(str(tmp_path / "dialog.png"))
