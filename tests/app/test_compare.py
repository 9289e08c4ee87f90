"""Comparisons from the command line: who takes part, on equal terms, and what is always told of them."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

import pytest

from app import cli, comparing, points
from app.compare import finished, seed_by_seed
from engine import asset, budget, build, catalog, checkpoint, margin, recipe
from engine.comparison import EQUAL, SIDES, side

if TYPE_CHECKING:
    from pathlib import Path

BASE = recipe.of("phonemes")
SMALL = ("--set", "task.clips=40", "--set", "train.batch=8", "--set", "model.hidden=8", "--device", "cpu")


@pytest.mark.parametrize(
    ("text", "cell", "layers", "hidden"),
    [("lstm:layers=3", "lstm", 3, 128), ("gru:hidden=32:layers=1", "gru", 1, 32), ("recurrent", "lstm", 2, 128)],
)
def test_a_network_is_named_by_its_cell(text: str, cell: str, layers: int, hidden: int) -> None:
    made = comparing.network(BASE, text).model_settings.to_dict()
    assert (made["cell"], made["layers"], made["hidden"]) == (cell, layers, hidden)


@pytest.mark.parametrize(("word", "fusion"), [("full", "full"), ("attn", "attention"), ("comp", "compact")])
def test_a_choice_is_named_by_a_word_or_shorter(word: str, fusion: str) -> None:
    assert (
        comparing.network(recipe.read("compare-denoise"), f"ains:{word}").model_settings.to_dict()["fusion"]
        == fusion
    )


def test_a_network_that_one_task_compares_is_compared_on_that() -> None:
    found = {name: comparing.usual(name) for name in ("ains:full", "lstm", "recurrent:layers=2", "")}
    assert found == {"ains:full": "denoise", "lstm": "phonemes", "recurrent:layers=2": "phonemes", "": "phonemes"}


def test_a_smoke_test_trains_each_once_and_shortly(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("app.compare.SMOKE", 2)
    out = ("--runs", str(tmp_path), "--set", "task.clips=10", "--set", "task.seconds=0.5", "--device", "cpu")
    assert cli.main(["compare", "ains:sum,ains:lowrank:rank=4", "--smoke", "--set", "model.hidden=4", *out]) == 0
    found = json.loads((tmp_path / "compare.json").read_text())
    assert (found["task"], found["seeds"], found["steps"]) == ("denoise", [0], 2)
    assert all({"SI-SDR", "parameters", "latency ms"} <= row.keys() for row in found["networks"].values())


def test_what_models_have_in_common_stays() -> None:
    dense = comparing.network(comparing.network(BASE, "lstm:hidden=32:layers=1"), "dense:context=2")
    assert dense.model == "dense"
    assert dense.model_settings.to_dict() == {"hidden": 32, "layers": 1, "context": 2, "dropout": 0.0}


def test_a_budget_makes_them_alike_in_size() -> None:
    found = comparing.networks_of(BASE, ["dense", "rnn", "lstm", "gru"], 30_000)
    task = catalog.load("tasks", "phonemes").build(BASE.task_settings)
    shape = checkpoint.width(task), len(task.vocabulary)
    for one in found.values():
        assert budget.count(one.model, one.model_settings, *shape) == pytest.approx(30_000, rel=0.03)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["perceptron"], "no network 'perceptron'; write CELL:KEY=VALUE with one of: rnn, lstm, gru"),
        (["lstm:depth=3"], "no setting 'depth'"),
        (["lstm:layers=9"], "its range is 1 to 6"),
        (["lstm:layers"], "'layers' is no choice of any of its knobs"),
        (["lstm", "--task", "chess"], "no 'chess' among the tasks"),
        (["lstm", "--task", "digits", "--recipe", "phonemes-rnn-32"], "of the task phonemes"),
        (["lstm", "--seeds", "0"], "1 or more"),
        (["lstm", "--budget", "10"], "no recurrent has about 10 parameters"),
        (["lstm", "--suite", "all", "--task", "copy"], "leave --task and --recipe out"),
        (["rnn,lstm:task.delay=3", "--task", "copy"], "their data differ: give all of them the same"),
        (["rnn,lstm:train.lr=0.1", "--task", "copy"], "their training differ"),
    ],
)
def test_a_wrong_comparison_is_said(arguments: list[str], why: str, capsys: Any) -> None:
    assert cli.main(["compare", *arguments]) == cli.USAGE
    assert why in capsys.readouterr().err


def test_a_comparison_tells_all_its_sides(tmp_path: Path, capsys: Any) -> None:
    command = ["compare", "dense,rnn", "--task", "copy", "--seeds", "2", "--steps", "22", *SMALL]
    assert cli.main([*command, "--runs", str(tmp_path / "runs"), "--out", str(tmp_path / "out")]) == 0
    assert "Guessing has an error of 75.0%" in capsys.readouterr().out
    found = json.loads((tmp_path / "out" / "compare.json").read_text())
    assert (tmp_path / "out" / "compare.png").stat().st_size > 1000
    assert "<svg" in (tmp_path / "out" / "compare.svg").read_text()
    assert set(found["networks"]) == {"dense", "rnn"}
    for row in found["networks"].values():
        assert set(EQUAL) == set(row["manifest"])
        for name in SIDES:
            assert set(row[name]) == {"mean", "ci95", "values"}
        for name in ("error", "seconds an epoch", "inference ms", "memory MB", "parameters"):
            assert row[name]["mean"] >= 0
        weights = checkpoint.load(f"{row['runs'][0]}/last.safetensors").weights
        assert row["parameters"]["mean"] == sum(each.size for each in (weights or {}).values())
        assert row["memory MB"]["mean"] > 50
    manifests = [row["manifest"] for row in found["networks"].values()]
    assert manifests[0] == manifests[1]
    assert manifests[0]["seeds"] == [0, 1]


def test_all_suites_are_one_table_of_three_by_three(tmp_path: Path, monkeypatch: Any, capsys: Any) -> None:
    """A column a suite, a row a cell, each with the mean over the seeds and its interval by Student's t."""
    errors = {"rnn": {2: 0.10, 30: 0.70, 3: 0.50}, "lstm": {2: 0.02, 30: 0.30, 3: 0.20}}
    errors["gru"] = {2: 0.01, 30: 0.10, 3: 0.15}

    def trained(asked: Any, folder: Path, device: str) -> Any:
        for point in asked:
            one = point.recipe
            made = checkpoint.untrained(one.task, one.model_settings, one.task_settings, one.model)
            made = dataclasses.replace(made, weights=build.weights(build.build(made)))
            place = folder / f"{point.named['network']}-{point.named['seed']}"
            place.mkdir(parents=True)
            checkpoint.save(made, place / "last.safetensors")
            error = errors[point.named["network"]][one.task_settings.to_dict()["delay"]] + 0.01 * one.train.seed
            yield {**point.named, **dict.fromkeys(points.MEASURED, 1.0), "error": error, "run": str(place)}

    monkeypatch.setattr(points, "run", trained)
    assert cli.main(["compare", "--suite", "all", "--runs", str(tmp_path), "--steps", "5"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["error", "short", "long", "complex"]
    half = 4.303 * 0.01 / 3**0.5  # t(0.975, 2), of 0, 0.01 and 0.02
    for line, cell in zip(lines[1:4], ("rnn", "lstm", "gru"), strict=True):
        name, *cells = line.split("  ")
        wanted = [f"{100 * (each + 0.01):.1f} ± {100 * half:.1f} %" for each in errors[cell].values()]
        assert name.strip() == cell
        assert [each.strip() for each in cells if each.strip()] == wanted
    assert lines[4].split() == ["guessing", "75.0%", "75.0%", "75.0%"]
    assert {line.split(":")[0] for line in lines[5:8]} == {"short", "long", "complex"}
    for suite in ("short", "long", "complex"):
        assert json.loads((tmp_path / suite / "compare.json").read_text())["seeds"] == [0, 1, 2]


@pytest.mark.long
def test_all_suites_run_to_their_end(tmp_path: Path, capsys: Any) -> None:
    command = ["compare", "gru", "--suite", "all", "--seeds", "2", "--steps", "4", "--runs", str(tmp_path)]
    assert cli.main([*command, *SMALL]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["error", "short", "long", "complex"]
    assert lines[1].split()[0] == "gru"
    assert lines[1].count("±") == 3


def test_unequal_ones_are_compared_where_that_is_asked_for(tmp_path: Path, monkeypatch: Any) -> None:
    def trained(asked: Any, folder: Path, device: str) -> Any:
        for point in asked:
            network = checkpoint.open_network("phonemes-rnn-32")
            place = folder / point.named["network"].replace(":", "_")
            place.mkdir(exist_ok=True)
            checkpoint.save(network, place / "last.safetensors")
            yield {**point.named, **dict.fromkeys(points.MEASURED, 1.0), "run": str(place)}

    monkeypatch.setattr(points, "run", trained)
    wanted = comparing.networks_of(BASE, ["rnn:hidden=32", "rnn:task.clips=10:hidden=32"])
    job = comparing.compare(wanted, 1, 4, tmp_path, "cpu", allow_unequal=True)
    found = finished(job)
    assert found["unequal"] == ["data"]
    manifests = [row["manifest"]["data"] for row in found["networks"].values()]
    assert manifests[0] != manifests[1]
    assert found["networks"]["rnn:hidden=32"]["frames right"]["mean"] > 0.5


@pytest.mark.long
def test_more_units_hold_more_memory(tmp_path: Path) -> None:
    command = ["compare", "lstm:hidden=64,lstm:hidden=512", "--task", "copy", "--seeds", "1", "--steps", "30"]
    assert cli.main([*command, "--runs", str(tmp_path), "--device", "cpu"]) == 0
    found = json.loads((tmp_path / "compare.json").read_text())["networks"]
    assert found["lstm:hidden=512"]["memory MB"]["mean"] > found["lstm:hidden=64"]["memory MB"]["mean"]


def test_sum_and_products_are_compared_at_equal_size() -> None:
    """K227: the line that the recipe names gives networks within 2 % of each other, that learn from the same."""
    line = (asset.path("recipes") / "ablate_bilinear.toml").read_text().splitlines()[1]
    _, _, _, names, _, name, _, size = line.split()
    found = comparing.networks_of(recipe.read(name), names.split(","), int(size))
    assert [each.model_settings.to_dict()["fusion"] for each in found.values()] == ["sum", "lowrank", "compact"]
    task = catalog.load("tasks", "denoise").build(next(iter(found.values())).task_settings)
    shape = checkpoint.width(task), len(task.vocabulary)
    counts = [budget.count(one.model, one.model_settings, *shape) for one in found.values()]
    assert max(counts) <= 1.02 * min(counts)
    assert len({(one.task_settings, one.train) for one in found.values()}) == 1


def test_margins_are_a_table_seed_by_seed(capsys: Any) -> None:
    def row(values: list[float]) -> dict[str, Any]:
        return {each: side(values if each == "SI-SDR gain" else [0.0]) for each in SIDES}

    networks = {"ains:sum": row([5.0, 6.0]), "ains:full": row([5.2, 6.4])}
    found = {"seeds": [0, 1], "networks": networks, "margins": margin.margins(networks)}
    table, words = seed_by_seed(found)
    assert [line.split() for line in table.splitlines()] == [
        ["SI-SDR", "gain,", "dB", "seed", "0", "seed", "1", "over", "ains:sum"],
        ["ains:sum", "5.00", "6.00"],
        ["ains:full", "5.20", "6.40", "+0.30", "±", "1.27"],
    ]
    assert words == "ains:full over ains:sum: +0.30 ± 1.27 dB, which is no sure difference."
