"""Average precision against the definition, threshold by threshold."""

from __future__ import annotations

import numpy as np
import pytest

from engine.ranking import average_precision, mean_average_precision


def brute(scores: np.ndarray, there: np.ndarray) -> float:
    """Every threshold in turn: what is at or above it is said to be there."""
    area, before = 0.0, 0.0
    for threshold in sorted(set(scores.tolist()), reverse=True):
        said = scores >= threshold
        precision = (said & there).sum() / said.sum()
        recall = (said & there).sum() / there.sum()
        area += (recall - before) * precision
        before = recall
    return area


@pytest.mark.parametrize("seed", range(20))
def test_it_is_the_area_below_the_steps(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, 8 if seed % 2 else 1000, 40).astype(float)  # with ties, and nearly without
    there = rng.random(40) < 0.3
    there[0] = True
    assert average_precision(scores, there) == pytest.approx(brute(scores, there), abs=1e-12)


def test_the_ends_of_the_scale() -> None:
    there = np.array([True, True, False, False])
    assert average_precision(np.array([4.0, 3.0, 2.0, 1.0]), there) == 1.0
    assert average_precision(np.array([1.0, 2.0, 3.0, 4.0]), there) == pytest.approx((1 / 3 + 2 / 4) / 2)
    assert average_precision(np.zeros(4), there) == 0.5, "one threshold for all: the share that is there"
    assert np.isnan(average_precision(np.arange(3.0), np.zeros(3, bool)))


def test_the_mean_goes_over_classes_that_occur() -> None:
    rng = np.random.default_rng(5)
    scores, there = rng.standard_normal((60, 5)), rng.random((60, 5)) < 0.2
    there[:, 2] = False
    wanted = np.mean([brute(scores[:, c], there[:, c]) for c in (0, 1, 3, 4)])
    assert mean_average_precision(scores, there) == pytest.approx(wanted, abs=1e-12)
