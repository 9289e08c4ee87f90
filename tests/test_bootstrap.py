"""The bootstrap's interval, beside SciPy's and where it is known."""

from __future__ import annotations

import numpy as np
import pytest

from engine import bootstrap


def test_the_interval_of_a_mean_is_that_of_scipy() -> None:
    from scipy import stats

    values = np.random.default_rng(1).normal(3.0, 2.0, 80)
    expected = stats.bootstrap(
        (values,), np.mean, n_resamples=9999, method="percentile", rng=np.random.default_rng(2)
    ).confidence_interval
    mean, low, high = bootstrap.interval(values.tolist())
    assert mean == pytest.approx(values.mean())
    assert (low, high) == pytest.approx((expected.low, expected.high), abs=0.05)


def test_a_ratio_counts_its_denominators() -> None:
    edits, labels = [0, 2, 4, 0], [1, 2, 40, 1]
    ratio, low, high = bootstrap.interval(edits, labels)
    assert ratio == pytest.approx(6 / 44)
    assert 0.0 <= low < ratio < high <= 1.0
    assert bootstrap.interval([1.0] * 5) == (1.0, 1.0, 1.0)
    with pytest.raises(ValueError, match="nothing"):
        bootstrap.interval([])
