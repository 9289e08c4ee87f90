"""The window's jobs: a training that was stopped goes on with the knobs that it had."""

from __future__ import annotations

import pytest

from app import chronicle, trainings
from engine import device, metrics, recipe, standing, train
from engine.events import Began, Changed, Halted, Set, Step
from engine.session import History
from tests.training import small


def left(run, command=None, **knobs):
    """A training of four steps that is stopped at the second; the command comes after the first."""
    steps = train.train(small(**knobs), "cpu", run)
    next(event for event in steps if isinstance(event, Step))
    event = steps.send(command)
    while not isinstance(event, Step):
        event = next(steps)
    steps.close()


@pytest.fixture
def goes_on(monkeypatch):
    """What a run tells that goes on, in so many times as many parts."""
    monkeypatch.setattr(device, "limit_threads", lambda: 1)
    return lambda run, parts: [each for each in trainings.resume(run, parts, "cpu", in_process=True) if each]


@pytest.mark.parametrize("parts", [1, 2])
def test_a_run_goes_on_in_smaller_parts_whatever_its_recipe_says(tmp_path, goes_on, parts):
    left(tmp_path, Set("accumulate", 1), accumulate=2)
    told = goes_on(tmp_path, parts)
    assert standing.load(tmp_path / standing.NAME).trainer["live"]["accumulate"] == parts
    began = [each for each in told if isinstance(each, Began)][-1]
    assert began.step == 2
    before, _ = chronicle.told(told[: told.index(began) + 1], History())
    shown = recipe.parse(began.recipe, "").train.but(**{each.key: each.after for each in before.changes})
    assert shown.accumulate == parts, "the knobs show it before the first step"
    assert recipe.read(tmp_path / "recipe.toml").train.accumulate == 2, "with that it began"


def test_a_knob_that_is_turned_while_the_past_is_read_is_turned(tmp_path, goes_on):
    left(tmp_path)
    job = trainings.resume(tmp_path, 1, "cpu", in_process=True)
    next(event for event in job if isinstance(event, Began))  # of the past
    assert isinstance(job.send(Set("lr", 1e-4)), Step)
    told = list(job)
    assert [(each.step, each.key, each.after) for each in told if isinstance(each, Changed)] == [(2, "lr", 1e-4)]


def test_a_halt_that_is_over_is_not_told_again(tmp_path, goes_on):
    left(tmp_path)
    with (tmp_path / metrics.NAME).open("ab") as file:
        file.write(metrics.line(Halted(3, "the loss is no number", 2, 0.1)))
    told = goes_on(tmp_path, 1)
    assert [each.step for each in told if isinstance(each, Step)] == [1, 2, 3, 4]
    assert not [each for each in told if isinstance(each, Halted | Changed)]
