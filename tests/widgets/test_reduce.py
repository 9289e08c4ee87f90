"""Frames to pixels: no value that matters is lost, whichever way the columns are made."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from widgets import reduce

RULES = {
    "peak": lambda part: part[np.argmax(np.abs(part), axis=0), np.arange(part.shape[1])],
    "most": lambda part: part.max(axis=0),
    "mean": lambda part: part.mean(axis=0),
}


@pytest.mark.parametrize("how", RULES)
@pytest.mark.parametrize("count", [60, 80, 99, 100, 150, 199, 1000])
def test_each_stretch_is_stood_for_by_the_right_value(how, count):
    values = np.random.default_rng(count).standard_normal((count, 7)).astype(np.float32)
    bounds = np.arange(101) * count // 100 if count >= 100 else np.arange(count + 1)
    found = reduce.grouped(values, bounds, how)
    wanted = [RULES[how](values[low:high]) for low, high in itertools.pairwise(bounds)]
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("rows", [32, 90, 128, 180, 512])
def test_fewer_rows_keep_the_peak(rows):
    values = np.zeros((20, rows), np.float32)
    values[7, rows // 2] = -3.0
    found = reduce.fewer_rows(values, 90, "peak")
    assert found.shape == (20, min(rows, 90))
    assert found.min() == -3.0
    assert (found[:7] == 0).all()


@pytest.mark.parametrize("how", RULES)
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_unit_that_is_no_number_leaves_the_others_as_they_are(how, bad):
    values = np.random.default_rng(4).standard_normal((30, 128)).astype(np.float32)
    whole = reduce.fewer_rows(values, 50, how)
    values[7, 3] = bad
    found = reduce.fewer_rows(values, 50, how)
    assert not np.isfinite(found[7, 1])
    found[7, 1] = whole[7, 1]
    np.testing.assert_allclose(found, whole, atol=1e-6)


@pytest.mark.parametrize("how", RULES)
def test_a_few_columns_are_made_as_many_are(how):
    values = np.random.default_rng(5).standard_normal((30, 128)).astype(np.float32)
    whole = reduce.fewer_rows(values, 50, how)
    few = [reduce.fewer_rows(values[begin : begin + 3], 50, how) for begin in range(0, 30, 3)]
    np.testing.assert_allclose(np.concatenate(few), whole, atol=1e-6)


@pytest.mark.parametrize("how", RULES)
def test_rows_first_or_columns_first_makes_the_same_picture(how):
    values = np.random.default_rng(3).standard_normal((700, 128)).astype(np.float32)

    def columns(each):
        return reduce.columns(each, 100.0, 0.0, 0.0, 7.0, 500, how).values

    np.testing.assert_allclose(
        reduce.fewer_rows(columns(values), 50, how), columns(reduce.fewer_rows(values, 50, how)), atol=1e-6
    )
