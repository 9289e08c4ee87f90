"""The verdict on a run, by three curves made up for it."""

from __future__ import annotations

import math

import pytest

from engine.events import Evaluated, Step
from engine.fit import verdict


def run(train, held, error=0.1, count=400, tried=False):
    """Losses as functions of the share of the run that is done; held-out data is tried every 40 steps."""
    steps = [Step(k, 0, train(k / count)) for k in range(1, count + 1)]
    evaluated = [Evaluated(k, "valid", held(k / count), round(100 * error), 100) for k in range(40, count + 1, 40)]
    if tried:
        evaluated += [Evaluated(k, "train", train(k / count), 0, 100) for k in range(40, count + 1, 40)]
    return steps, evaluated


def falling(share):
    return 2.4 * math.exp(-6 * share) + 0.1


CURVES = {
    "underfit": (lambda share: 2.4 - 0.6 * share, lambda share: 2.5 - 0.6 * share),
    "ok": (falling, lambda share: falling(share) + 0.03),
    "overfit": (falling, lambda share: falling(share) + 0.1 + 2.0 * max(0.0, share - 0.4)),
}


@pytest.mark.parametrize("tried", [False, True], ids=["by the steps", "by trying training clips"])
@pytest.mark.parametrize("wanted", CURVES)
def test_three_curves(wanted, tried):
    assert verdict(*run(*CURVES[wanted], tried=tried)) == wanted


def test_what_is_mostly_wrong_is_not_learnt_though_its_loss_fell_far():
    assert verdict(*run(*CURVES["ok"], error=0.8)) == "underfit"


def test_learnt_by_heart_without_a_rise():
    assert verdict(*run(falling, lambda share: 1.0 + falling(share))) == "overfit"


def test_nothing_is_said_early_or_of_numbers_that_are_none():
    steps, evaluated = run(*CURVES["ok"])
    assert verdict(steps, evaluated[:2]) == ""
    assert verdict([], []) == ""
    assert verdict([], evaluated) == ""
    assert verdict([Step(1, 0, math.nan)], evaluated) == ""
