"""The learning-rate finder, on a valley whose steepest wall is known, and on a task."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine import lrfinder
from engine.events import Found, Progress
from engine.models.recurrent import Settings
from engine.trainer import NotFinite, TrainingError
from tests.trainers import small


def valley(steepest: float, noise: float, broken: float = np.inf) -> Any:
    """Gradient descent on mean(curvature (w - target)^2) / 2; it is stable for rates below 2 / steepest."""
    rng = np.random.default_rng(0)
    curvature = np.geomspace(steepest / 30, steepest, 8)
    w = np.full(8, 3.0)

    def step(rate: float) -> Any:
        nonlocal w
        yield None
        if rate > broken:
            raise NotFinite("the loss", 1, rate)
        away = w - noise * rng.normal(size=8)
        w = w - rate * curvature * away
        return float(np.mean(curvature * away**2) / 2)

    return step


@pytest.mark.parametrize("steepest", [3.0, 100.0, 3000.0])
def test_it_stops_where_descent_is_unstable_and_advises_less(steepest: float) -> None:
    events = list(lrfinder.sweep(valley(steepest, 0.2), np.geomspace(1e-5, 1.0, 200)))
    found, limit = events[-1], 2.0 / steepest
    assert isinstance(found, Found)
    assert len(found.rates) == len(found.losses) < 200
    assert limit < found.rates[-1] < 3 * limit
    assert limit / 50 < found.advised < limit / 2
    shares = [event.share for event in events if isinstance(event, Progress)]
    assert shares == sorted(shares)
    assert any(event is None for event in events), "what a step waits for is passed on"


def test_a_loss_that_is_no_number_is_the_end_too() -> None:
    *_, found = lrfinder.sweep(valley(30.0, 0.2, broken=1e-3), np.geomspace(1e-5, 1.0, 100))
    assert found.rates[-1] <= 1e-3
    assert found.advised == pytest.approx(found.rates[-1] / lrfinder.BACK)
    with pytest.raises(TrainingError, match="no number even with a learning rate of 1e-05"):
        list(lrfinder.sweep(valley(30.0, 0.2, broken=0.0), np.geomspace(1e-5, 1.0, 100)))


def test_a_task_gets_a_rate_with_which_it_learns() -> None:
    """The bundled phoneme networks were trained with 0.002 to 0.004."""
    chosen = small(Settings(hidden=64, layers=1), batch=4, schedule="cosine", warmup=50, lr=0.3)
    *_, found = lrfinder.find(chosen, "cpu")
    assert isinstance(found, Found)
    assert 5e-4 < found.advised < 3e-2
    assert found.rates[0] == pytest.approx(lrfinder.LOW)
    assert found.losses[0] == pytest.approx(np.log(11), rel=0.2), "it begins with fresh weights"


def test_it_can_be_left_at_any_moment() -> None:
    job = lrfinder.find(small(), "cpu")
    next(event for event in job if isinstance(event, Progress))
    job.close()
