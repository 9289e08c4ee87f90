"""Sweeps: the points that an axis names, what is measured of a run, and the curves that come of it."""

from __future__ import annotations

import csv
import dataclasses
import json
import statistics
from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtCore import QPoint

from app import axes, cli, findings, graph, points, sweep
from engine import build, checkpoint, recipe
from widgets import comparison
from widgets.grid import Grid
from widgets.plot import Plot

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BASE = recipe.of("phonemes")
SMALL = ("--set", "task.clips=10", "--set", "task.words=1", "--set", "model.hidden=32", "--set", "model.layers=1")


@pytest.mark.parametrize(
    ("said", "values"),
    [
        ("train.batch=1,2,4,...,64", [1, 2, 4, 8, 16, 32, 64]),
        ("train.batch=1,2,...,5", [1, 2, 3, 4, 5]),
        ("train.batch=64,32,16,…,1", [64, 32, 16, 8, 4, 2, 1]),
        ("train.lr=0.0001,0.001,0.01,...,0.1", [0.0001, 0.001, 0.01, 0.1]),
        ("batch=3,1", [3, 1]),
        ("bptt=0,50,100,...,200", [0, 50, 100, 150, 200]),
        ("model.hidden=32,64,128,256,512", [32, 64, 128, 256, 512]),
        ("cell=rnn,lstm", ["rnn", "lstm"]),
        ("bidirectional=true,false", [True, False]),
    ],
)
def test_an_axis_is_written_out(said: str, values: list[Any]) -> None:
    assert axes.axis(BASE, said)[2] == values


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("batch=", "TABLE.KEY=VALUES"),
        ("train.batch=1,2,4,...,60", "do not lead to 60"),
        ("train.batch=4,...,60", "two or three numbers"),
        ("train.batch=1,2,3,...,1e9", "do not lead to"),
        ("train.batch=1,1000", "its range is 1 to 512"),
        ("model.hidden=0", "its range is 1 to 2048 units"),
        ("speed=1", "no knob 'speed'"),
        ("seed=1,2", "several knobs are 'seed'; it is in train and task"),
        ("nets.lr=1", "no table 'nets'"),
    ],
)
def test_a_wrong_axis_is_said_before_anything_is_trained(said: str, why: str, capsys: Any, tmp_path: Path) -> None:
    out = tmp_path / "t.csv"
    assert cli.main(["sweep", "phonemes-rnn-32", "--axis", said, "--out", str(out)]) == cli.USAGE
    assert why in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (["--out", "t.txt"], ".csv or .json"),
        (["--out", "no-such-folder/t.csv"], "no-such-folder; make it first"),
        (["--seeds", "0"], "1 or more"),
        (["--axis", "train.batch=3"], "--axis train.batch is given twice"),
        (["--steps", "0"], "steps is 0"),
        (["--seeds", "100000"], "1000 are the most"),
        (["--budget", "9000"], "--budget 9000 needs networks to be fitted: say --cells"),
        (["--budget", "9000", "--cells", "rnn,gru", "--axis", "model.layers=1,2"], "leave it out, or --budget"),
    ],
)
def test_wrong_options_are_said(more: list[str], why: str, capsys: Any) -> None:
    assert cli.main(["sweep", "phonemes-rnn-32", "--axis", "batch=1,2", *more]) == cli.USAGE
    assert why in capsys.readouterr().err


def test_every_combination_is_a_point() -> None:
    both = [axes.axis(BASE, "batch=1,2"), axes.axis(BASE, "hidden=32,64")]
    found = axes.combined({"": BASE}, both, 7, 2)
    assert len(found) == 8
    assert len({each.name for each in found}) == 8
    last = found[-1]
    assert last.named == {"train.batch": 2, "model.hidden": 64, "seed": 1}
    assert (last.recipe.train.batch, last.recipe.train.steps, last.recipe.train.seed) == (2, 7, 1)
    assert last.recipe.model_settings.to_dict()["hidden"] == 64


def run(folder: Path, chosen: recipe.Recipe, losses: list[float], seconds: float = 0.5) -> None:
    """A run folder as a training leaves it."""
    folder.mkdir(parents=True, exist_ok=True)
    recipe.write(chosen, folder / "recipe.toml")
    lines: list[dict[str, Any]] = [
        {"step": n, "epoch": 0, "loss": loss, "seconds": seconds, "frames": 100.0, "memory": n * 1e6}
        for n, loss in enumerate(losses, 1)
    ]
    for split, error in (("train", 0.1), ("valid", 0.3)):
        lines.append({"step": len(losses), "split": split, "loss": 0.7, "edits": 3, "length": 10, "error": error})
    (folder / "metrics.jsonl").write_text("".join(json.dumps(each) + "\n" for each in lines))
    network = dataclasses.replace(checkpoint.open_network("phonemes-rnn-32"), metrics={"step": len(losses)})
    checkpoint.save(network, folder / "last.safetensors")


def test_figures_are_those_of_the_record(tmp_path: Path) -> None:
    losses = [9.0, 8.0, 5.0, 4.0, 3.0, 3.5, 2.5, 3.0]
    run(tmp_path, BASE, losses)
    found = points.figures(tmp_path)
    assert tuple(found) == points.MEASURED
    assert found["error"] == 0.3
    assert found["loss"] == pytest.approx(statistics.fmean(losses[4:]))
    assert found["loss variance"] == pytest.approx(statistics.variance(losses[4:]))
    assert (found["frames/s"], found["seconds"], found["memory MB"]) == (200.0, 4.0, 8.0)
    assert found["parameters"] == sum(
        each.size for each in (checkpoint.open_network("phonemes-rnn-32").weights or {}).values()
    )


def table(folder: Path) -> list[dict[str, str]]:
    with (folder / "t.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_what_is_finished_is_not_trained_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trained: list[str] = []

    def train(point: points.Point, place: Path, device: str) -> Iterator[None]:
        trained.append(point.name)
        if point.recipe.train.batch == 4 and len(trained) < 4:
            raise cli.WorkFailed("no power")
        run(place, point.recipe, [1.0] * point.recipe.train.steps)
        yield None

    monkeypatch.setattr(points, "_train", train)
    command = [
        "sweep",
        "phonemes-rnn-32",
        "--axis",
        "batch=1,2,4",
        "--steps",
        "4",
        "--out",
        str(tmp_path / "t.csv"),
    ]
    assert cli.main(command) == cli.TROUBLE
    assert len(table(tmp_path)) == 2
    assert cli.main(command) == 0
    assert trained == [f"train.batch={size} seed=0" for size in (1, 2, 4, 4)]
    assert [row["train.batch"] for row in table(tmp_path)] == ["1", "2", "4"]
    assert cli.main([*command, "--set", "train.lr=0.1"]) == 0
    assert len(trained) == 7  # another recipe is another run


def test_a_sweep_writes_a_line_for_every_point(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["sweep", "phonemes-rnn-32", "--axis", "batch=1,4", "--steps", "5", "--device", "cpu", *SMALL]
    assert cli.main([*command, "--out", str(tmp_path / "t.json")]) == 0
    rows = json.loads((tmp_path / "t.json").read_text())
    assert [(row["train.batch"], row["seed"]) for row in rows] == [(1, 0), (4, 0)]
    for row in rows:
        assert set(row) == {"train.batch", "seed", "latency ms", "rank", "run", *points.MEASURED}
        assert row["latency ms"] == pytest.approx(52.5), "half a window, and a delay of four frames"
    assert sorted(row["rank"] for row in rows) == [1, 2]
    for row in rows:
        assert 0 <= row["error"]
        assert min(row[name] for name in ("frames/s", "seconds", "memory MB", "loss variance")) > 0
        assert recipe.read(f"{row['run']}/recipe.toml").train.batch == row["train.batch"]
    assert "frames/s" in capsys.readouterr().out


def test_an_epoch_is_the_median_of_whole_ones_without_the_first() -> None:
    def steps(*epochs: tuple[float, ...]) -> list[dict[str, float]]:
        return [{"epoch": number, "seconds": each} for number, epoch in enumerate(epochs) for each in epoch]

    assert points.an_epoch(steps((9.0, 9.0), (1.0, 1.0), (1.0, 2.0), (3.0, 3.0), (0.1,))) == 3.0
    assert points.an_epoch(steps((9.0, 9.0), (1.0, 1.0), (1.0, 2.0), (3.0,))) is None


def test_the_length_of_sequences_is_an_axis_of_every_task_that_has_one() -> None:
    assert axes.axis(recipe.of("copy"), "seqlen=2,5") == ("task", "delay", [2, 5])
    assert axes.axis(BASE, "seqlen=1,2") == ("task", "words", [1, 2])
    assert axes.axis(BASE, "look_ahead=0,4") == ("task", "delay", [0, 4])
    with pytest.raises(cli.UsageError, match="copy has no knob for how late it answers"):
        axes.axis(recipe.of("copy"), "look_ahead=0,4")


def test_curves_are_means_by_network_and_advise() -> None:
    errors = {("rnn", 5): (0.1, 0.1), ("rnn", 30): (0.7, 0.72), ("lstm", 5): (0.0, 0.1), ("lstm", 30): (0.1, 0.12)}
    rows = [
        {"network": name, "task.delay": at, "error": error}
        for (name, at), each in errors.items()
        for error in each
    ]
    chosen = recipe.of("copy")
    found = findings.curves(rows, chosen, ("task", "delay", [5, 30]))
    assert found["chance"] == 0.75
    means = {(row["network"], row["x"]): row["mean"] for row in found["rows"]}
    assert means == pytest.approx({key: sum(each) / 2 for key, each in errors.items()})
    assert found["advice"][-1:] == [
        "Take lstm over rnn: at a delay of 30 the error is 11.0 ± 12.7 % against 71.0 ± 12.7 %."
    ]


def test_a_sweep_fits_its_networks_to_a_budget(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    """By the numbers that are counted; and unlike ones are told."""
    asked: list[points.Point] = []

    def rows(every: list[points.Point], folder: Path, device: str) -> Iterator[dict[str, Any]]:
        for point in every:
            one = point.recipe
            made = build.build(checkpoint.untrained(one.task, one.model_settings, one.task_settings, one.model))
            asked.append(point)
            count = sum(each.numel() for each in made.parameters())
            figures = dict.fromkeys(points.MEASURED, 1.0) | {"error": 0.1, "parameters": count}
            yield {**point.named, **figures, "run": ""}

    monkeypatch.setattr(points, "rows", rows)
    command = ["sweep", "compare-copy", "--cells", "rnn,lstm", "--axis", "seqlen=3,5"]
    command += ["--out", str(tmp_path / "t.csv")]
    assert cli.main([*command, "--budget", "9000"]) == 0
    assert [float(row["parameters"]) for row in table(tmp_path)] == pytest.approx([9000] * 4, rel=0.05)
    assert "Parameters differ" not in capsys.readouterr().out
    assert cli.main(command) == 0
    assert "Parameters differ: rnn has" in capsys.readouterr().out
    sizes = {point.named["network"]: point.recipe.model_settings.to_dict()["hidden"] for point in asked[4:]}
    assert len(set(sizes.values())) == 1, "without a budget the recipe's size stays"


def test_every_cell_has_its_points() -> None:
    cells = {"rnn": BASE, "lstm": BASE}
    found = axes.combined(cells, [axes.axis(BASE, "batch=1,2")], None, 1)
    assert [(each.named["network"], each.named["train.batch"]) for each in found] == [
        ("rnn", 1),
        ("rnn", 2),
        ("lstm", 1),
        ("lstm", 2),
    ]


@pytest.mark.parametrize(
    ("said", "found", "name"),
    [
        ([["hidden,seqlen"]], ["hidden", "seqlen"], "compare-copy"),
        ([["win_ms", "10,20,25"]], ["win_ms=10,20,25"], "compare-phonemes"),
        ([["batch=1,2", "phonemes-rnn-32"]], ["batch=1,2"], "phonemes-rnn-32"),
        ([["layers", "phonemes-rnn-32"]], ["layers"], "phonemes-rnn-32"),
        ([["layers", "1,2", "own.toml"], ["seqlen=2"]], ["layers=1,2", "seqlen=2"], "own.toml"),
    ],
)
def test_axes_are_written_in_several_ways(said: list[list[str]], found: list[str], name: str) -> None:
    assert axes.spelled(said, None) == (found, name)


def test_a_word_too_many_is_said() -> None:
    with pytest.raises(cli.UsageError, match="3 is one word too many"):
        axes.spelled([["batch=1,2", "3"]], "phonemes-rnn-32")


def test_a_name_alone_tries_what_lies_around_its_value() -> None:
    assert axes.axis(recipe.read("compare-copy"), "hidden") == ("model", "hidden", [16, 32, 64])
    assert axes.axis(recipe.read("compare-copy"), "seqlen") == ("task", "delay", [5, 10, 20])
    assert axes.axis(BASE, "cell")[2] == ["rnn", "lstm", "gru"]
    assert axes.axis(BASE, "bidirectional")[2] == [False, True]


def rows_of(column: str, errors: dict[Any, float], **more: Any) -> list[dict[str, Any]]:
    made = [{column: at, "seed": 0, "error": error, **more} for at, error in errors.items()]
    sweep.rank(made, [column])
    return made


def test_where_more_layers_gain_less_than_a_percent_is_marked() -> None:
    errors = {1: 0.30, 2: 0.10, 3: 0.095, 4: 0.105}
    found = findings.of(rows_of("model.layers", errors), BASE, [("model", "layers", list(errors))])
    assert [row["value"] for row in found["rows"] if row["enough"]] == [2]
    assert found["advice"][-1] == "Enough: layers 2. More gains less than 1 % (3: +0.5 %, 4: -0.5 %)."
    assert found["advice"][0] == "1. layers 3: PER 9.5 %  best"
    errors = {1: 0.30, 2: 0.10, 3: 0.08}
    found = findings.of(rows_of("model.layers", errors), BASE, [("model", "layers", list(errors))])
    assert not any(row["enough"] for row in found["rows"])
    assert "still gains: 3 has 2.0 % less" in found["advice"][-1]
    lines, _, y = comparison.curves(found["rows"], "layers")
    (mark,) = [line for line in lines if line.ink == "good"]
    assert (mark.end, mark.x.tolist(), mark.y.tolist()) == ("best", [3], [8])
    assert y.name.endswith("best: 3, 8.0 %")


def test_looking_ahead_is_drawn_by_the_latency_it_costs() -> None:
    rows = [
        {"task.delay": at, "seed": 0, "error": error, "latency ms": 12.5 + 10 * at}
        for at, error in ((0, 0.4), (4, 0.2), (8, 0.199))
    ]
    sweep.rank(rows, ["task.delay"])
    found = findings.of(rows, BASE, [axes.axis(BASE, "look_ahead=0,4,8")])
    assert found["axis"] == "latency, ms"
    assert [(row["x"], row["value"], row["enough"]) for row in found["rows"]] == [
        (12.5, 0, False), (52.5, 4, True), (92.5, 8, False),
    ]  # fmt: skip


def test_two_axes_are_a_heat_map_of_means(qtbot: Any) -> None:
    both = [("model", "hidden", [16, 32]), ("task", "delay", [5, 10, 20])]
    errors = {
        (16, 5): (0.2, 0.4),
        (16, 10): (0.5, 0.5),
        (32, 5): (0.1, 0.0),
        (32, 10): (0.3, 0.1),
        (32, 20): (1, 1),
    }
    rows: list[dict[str, Any]] = [
        {"model.hidden": hidden, "task.delay": delay, "seed": seed, "error": error}
        for (hidden, delay), each in errors.items()
        for seed, error in enumerate(each)
    ]
    sweep.rank(rows, ["model.hidden", "task.delay"])
    assert {(row["model.hidden"], row["task.delay"]): row["rank"] for row in rows}[16, 10] == 4
    found = findings.of(rows, recipe.of("copy"), both)
    (one,) = found["grids"]
    assert one["values"] == [[pytest.approx(0.3), 0.5, None], [pytest.approx(0.05), pytest.approx(0.2), 1]]
    assert found["advice"] == ["Best: hidden 32, delay 5."]
    grid = Grid("error", ("hidden", [16, 32]), ("delay", [5, 10, 20]), one["values"])
    qtbot.addWidget(grid)
    grid.resize(400, 240)
    assert grid.best() == [(1, 0)]
    assert grid.rect().toRectF().contains(grid.cell(1, 2))
    picture = grid.grab().toImage()
    assert picture.pixelColor(grid.cell(1, 0).topLeft().toPoint() + QPoint(8, 8)) != picture.pixelColor(
        grid.cell(1, 2).topLeft().toPoint() + QPoint(8, 8)
    )
    nothing = Grid("error", ("hidden", [16]), ("delay", [5]), [[None]])
    qtbot.addWidget(nothing)
    assert nothing.best() == []
    nothing.grab()


def test_memory_is_drawn_beside_the_error_over_the_length_of_truncated_bptt(qapp: Any) -> None:
    rows = [
        {"train.bptt": at, "seed": seed, "error": 0.1, "memory MB": held + seed, "GPU MB": None}
        for at, held in ((10, 300.0), (40, 420.0))
        for seed in (0, 2)
    ]
    sweep.rank(rows, ["train.bptt"])
    found = findings.of(rows, BASE, [("train", "bptt", [10, 40])])
    lines, x, y = comparison.memory(found["rows"], found["axis"], found["log"])
    assert [(line.x.tolist(), line.y.tolist()) for line in lines] == [([10.0, 40.0], [301.0, 421.0])]
    assert (x.name, x.log, y.name) == ("bptt", True, "peak memory, MB")
    whole = graph._beside(found)
    error, held = whole.findChildren(Plot)
    assert (error.chart.y.name[:3], held.chart.y.name) == ("PER", "peak memory, MB")
    whole.deleteLater()
    other = findings.of(rows_of("train.lr", {0.1: 0.2, 0.2: 0.3}), BASE, [("train", "lr", [0.1, 0.2])])
    assert not graph._heavy(other)


def test_equals_share_a_rank(qtbot: Any) -> None:
    rows = rows_of("model.layers", {1: 0.5, 2: 0.0, 3: 0.0, 4: 0.2})
    assert [row["rank"] for row in rows] == [4, 1, 1, 3]
    assert findings.best(rows, [("model", "layers", [])]) == ["Best: layers 2; layers 3."]
    assert [line[-4:] == "best" for line in findings.ranking(rows, "model.layers", "layers", "PER")] == [
        True, True, False, False,
    ]  # fmt: skip
    grid = Grid("error", ("hidden", [1, 2]), ("delay", [1, 2]), [[0.5, 0.0], [0.0, None]])
    qtbot.addWidget(grid)
    assert grid.best() == [(0, 1), (1, 0)]


def test_an_epoch_counts_the_time_in_which_it_had_a_processor() -> None:
    steps = [{"epoch": n, "seconds": 9.0 * n, "busy": 2.0} for n in range(5) for _ in range(3)]
    assert points.an_epoch(steps) == 6.0
