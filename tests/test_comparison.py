"""Comparisons: intervals, the front that nothing beats, and advice that cites what it stands on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine import build, catalog, checkpoint, comparison, recipe
from engine.corpora.corpus import CorpusMissing


def test_an_interval_is_students() -> None:
    """From tables: t(0.975, 2) = 4.30265; the standard deviation of 1, 2, 3 is 1."""
    mean, half = comparison.interval([1.0, 2.0, 3.0])
    assert (mean, half) == (2.0, pytest.approx(4.30265 / 3**0.5, rel=1e-5))
    assert comparison.interval([5.0]) == (5.0, None)


def test_what_was_not_measured_has_no_mean() -> None:
    assert comparison.side([1.0, None]) == {"mean": None, "ci95": None, "values": None}
    assert comparison.side([2.0, 2.0]) == {"mean": 2.0, "ci95": 0.0, "values": [2.0, 2.0]}


@pytest.mark.parametrize("seed", range(20))
def test_the_front_is_that_of_brute_force(seed: int) -> None:
    rng = np.random.default_rng(seed)
    points = {str(each): (int(rng.integers(6)), int(rng.integers(6))) for each in range(8)}

    def beaten(one: tuple[int, int]) -> bool:
        return any(all(a <= b for a, b in zip(o, one, strict=True)) and o != one for o in points.values())

    assert set(comparison.front(points)) == {name for name, each in points.items() if not beaten(each)}


def test_manifests_tell_data_front_end_training_and_seeds_apart() -> None:
    base = recipe.of("copy")
    first = comparison.manifest(base, [0, 1])
    assert comparison.unequal([first, comparison.manifest(recipe.of("copy"), [0, 1])]) == ()
    task = recipe.of("copy", task_settings=type(base.task_settings)(delay=3))  # type: ignore[call-arg]
    other = recipe.of("copy", train=base.train.but(lr=0.1, seed=7))
    assert comparison.unequal([first, comparison.manifest(task, [0, 1])]) == ("data",)
    assert comparison.unequal([first, comparison.manifest(other, [0])]) == ("training", "seeds")
    mfcc: Any = recipe.of("phonemes").task_settings
    sounds = [recipe.of("phonemes", task_settings=mfcc.but(features=each)) for each in ("logmel", "mfcc")]
    assert comparison.unequal(comparison.manifest(each, [0]) for each in sounds) == ("data", "front end")


def row(error: float, half: float | None, parameters: int) -> dict[str, Any]:
    return {"error": {"mean": error, "ci95": half}, "parameters": {"mean": parameters}}


def test_the_smallest_that_nothing_surely_beats_is_advised() -> None:
    rows = {"gru": row(0.10, 0.02, 900), "lstm": row(0.09, 0.02, 1200), "rnn": row(0.5, 0.1, 300)}
    words = comparison.advice(rows)
    assert words.startswith("Choose gru: error 10.0 ± 2.0 % with 900 parameters.")
    assert "lstm 9.0 ± 2.0 %" in words
    assert "Surely worse: rnn 50.0 ± 10.0 % with 300 parameters" in words
    assert comparison.advice({"gru": row(0.1, None, 9), "rnn": row(0.5, None, 3)}).startswith("One seed")


@pytest.mark.parametrize("name", catalog.names("tasks"))
def test_frames_are_counted_where_each_is_asked_for_one_class(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is a class for every frame, and the task does not count in a way of its own; None elsewhere."""
    import torch

    module = catalog.load("tasks", name)
    task: Any = module.build(module.Settings())
    try:
        batch = task.batch("valid", 0, 3, 0)
    except CorpusMissing as missing:
        pytest.skip(str(missing))
    monkeypatch.setattr(task, "batches", lambda split, size: 1)
    kind = catalog.load("models", "dense").Settings
    network = checkpoint.untrained(name, kind(hidden=16), task.settings, "dense")
    found = comparison.frames_right(network, task, 3)
    each = batch.targets.ndim == 2 and np.array_equal(batch.target_lengths, batch.lengths)
    if not each or hasattr(task, "wrong"):
        assert found is None
        return
    with torch.inference_mode():
        y = build.build(network)(torch.from_numpy(batch.x), torch.from_numpy(batch.lengths))[0].numpy()
    right = [
        int(y[row, t].argmax()) == batch.targets[row, t] for row in range(3) for t in range(batch.lengths[row])
    ]
    assert found == pytest.approx(sum(right) / len(right))


def test_networks_of_unlike_size_are_told() -> None:
    assert comparison.uneven({"rnn": 4_000.0, "gru": 12_000.0, "lstm": 16_000.0, "dense": None}).startswith(
        "Parameters differ: rnn has 4,000, lstm 16,000"
    )
    assert comparison.uneven({"rnn": 9_100.0, "lstm": 10_900.0}) == ""
    assert comparison.uneven({}) == ""


@pytest.mark.parametrize(("delay", "rnn", "taken"), [(20, 0.5, True), (19, 0.5, False), (20, 0.13, False)])
def test_a_gated_cell_is_advised_only_for_what_was_measured(delay: float, rnn: float, taken: bool) -> None:
    curves = {"rnn": {delay: row(rnn, 0.02, 1)["error"]}, "lstm": {delay: row(0.1, 0.02, 1)["error"]}}
    words = comparison.remember(curves, "rnn", "lstm", 20)
    assert words.startswith("Take lstm over rnn: at a delay of 20 the error is 10.0 ± 2.0 %") is taken
    if delay >= 20:
        assert "10.0 ± 2.0 %" in words
