"""Sweeps and comparisons: the points that an axis names, what is measured of a run, and how sure a mean is."""

from __future__ import annotations

import csv
import dataclasses
import json
import statistics
from typing import TYPE_CHECKING, Any

import pytest

from app import cli, compare, points, sweep
from engine import checkpoint, recipe

if TYPE_CHECKING:
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
    assert sweep.axis(BASE, said)[2] == values


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("batch", "TABLE.KEY=VALUES"),
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
    ],
)
def test_wrong_options_are_said(more: list[str], why: str, capsys: Any) -> None:
    assert cli.main(["sweep", "phonemes-rnn-32", "--axis", "batch=1,2", *more]) == cli.USAGE
    assert why in capsys.readouterr().err


def test_every_combination_is_a_point() -> None:
    axes = [sweep.axis(BASE, "batch=1,2"), sweep.axis(BASE, "hidden=32,64")]
    found = sweep.of_axes(BASE, axes, 7, 2)
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

    def train(point: points.Point, place: Path, device: str) -> None:
        trained.append(point.name)
        if point.recipe.train.batch == 4 and len(trained) < 4:
            raise cli.WorkFailed("no power")
        run(place, point.recipe, [1.0] * point.recipe.train.steps)

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
        assert set(row) == {"train.batch", "seed", "run", *points.MEASURED}
        assert 0 <= row["error"]
        assert min(row[name] for name in ("frames/s", "seconds", "memory MB", "loss variance")) > 0
        assert recipe.read(f"{row['run']}/recipe.toml").train.batch == row["train.batch"]
    assert "frames/s" in capsys.readouterr().out


def test_an_interval_is_students() -> None:
    """From tables: t(0.975, 2) = 4.30265; the standard deviation of 1, 2, 3 is 1."""
    mean, half = compare.interval([1.0, 2.0, 3.0])
    assert (mean, half) == (2.0, pytest.approx(4.30265 / 3**0.5, rel=1e-5))
    assert compare.interval([5.0]) == (5.0, None)


@pytest.mark.parametrize(
    ("text", "cell", "layers", "hidden"),
    [("lstm:layers=3", "lstm", 3, 128), ("gru:hidden=32:layers=1", "gru", 1, 32), ("recurrent", "lstm", 2, 128)],
)
def test_a_network_is_named_by_its_cell(text: str, cell: str, layers: int, hidden: int) -> None:
    made = compare.network(BASE, text).model_settings.to_dict()
    assert (made["cell"], made["layers"], made["hidden"]) == (cell, layers, hidden)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["transformer"], "no network 'transformer'; write CELL:KEY=VALUE with one of: rnn, lstm, gru"),
        (["lstm:depth=3"], "no setting 'depth'"),
        (["lstm:layers=9"], "its range is 1 to 6"),
        (["lstm:layers"], "TABLE.KEY=VALUE"),
        (["lstm", "--task", "chess"], "no 'chess' among the tasks"),
        (["lstm", "--task", "digits", "--recipe", "phonemes-rnn-32"], "of the task phonemes"),
        (["lstm", "--seeds", "0"], "1 or more"),
    ],
)
def test_a_wrong_comparison_is_said(arguments: list[str], why: str, capsys: Any) -> None:
    assert cli.main(["compare", *arguments]) == cli.USAGE
    assert why in capsys.readouterr().err


def test_networks_are_set_side_by_side(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    errors = {
        ("lstm:layers=1", 0): 0.2,
        ("lstm:layers=1", 1): 0.4,
        ("lstm:layers=3", 0): 0.1,
        ("lstm:layers=3", 1): 0.1,
    }

    def figures(place: Path) -> dict[str, float]:
        chosen = recipe.read(place / "recipe.toml")
        layers, seed = chosen.model_settings.to_dict()["layers"], chosen.train.seed
        return {"error": errors[f"lstm:layers={layers}", seed], "seconds": 1.0, "memory MB": 9.0, "parameters": 5}

    monkeypatch.setattr(points, "_train", lambda point, place, device: run(place, point.recipe, [1.0]))
    monkeypatch.setattr(points, "figures", figures)
    command = ["compare", "lstm:layers=1,lstm:layers=3", "--seeds", "2", "--steps", "1", "--runs", str(tmp_path)]
    assert cli.main([*command, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["networks"]
    assert found["lstm:layers=1"]["accuracy"]["mean"] == pytest.approx(0.7)
    assert found["lstm:layers=1"]["accuracy"]["ci95"] == pytest.approx(12.706205 * 0.1, rel=1e-5)
    assert found["lstm:layers=3"]["accuracy"] == {"mean": 0.9, "ci95": 0.0, "values": [0.9, 0.9]}
    assert cli.main(command) == 0
    assert "70.0 ± 127.1" in capsys.readouterr().out
