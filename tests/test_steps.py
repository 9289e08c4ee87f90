"""The steps of a run behave as a tuple of them does, whoever lengthens it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.events import Step
from engine.steps import Steps

NUMBERS = st.floats(allow_nan=False)
STEP = st.builds(
    Step,
    st.integers(0, 10**9),
    st.integers(0, 10**6),
    NUMBERS,
    st.dictionaries(st.sampled_from(["lr", "ctc", "loss", "step"]), NUMBERS),
)
STEPS = st.lists(STEP, max_size=12)
PLACES = st.none() | st.integers(-15, 15)


@given(STEPS, STEPS, STEPS)
def test_the_shorter_one_does_not_see_what_the_longer_ones_hold(first, one, other):
    short = Steps(first)
    long, another = short.plus(one), short.plus(other)
    longest = long.plus(other)
    assert (*short,) == (*first,)
    assert (*long,) == (*first, *one)
    assert (*another,) == (*first, *other)
    assert (*longest,) == (*first, *one, *other)
    assert len(longest) == len(first) + len(one) + len(other)


@given(STEPS, STEPS, PLACES, PLACES, st.sampled_from([None, 1, 3, -1, -2]))
def test_slices_are_those_of_a_tuple(first, more, start, stop, step):
    short = Steps(first)
    short.plus(more)
    assert short[start:stop:step] == tuple(first)[start:stop:step]


def test_what_came_later_is_out_of_reach():
    one, two, three = (Step(number, 0, 1.0) for number in (1, 2, 3))
    short = Steps([one, two])
    short.plus([three])
    assert short[-1] == two
    with pytest.raises(IndexError):
        short[2]


def test_a_loss_may_be_no_number_and_a_value_that_is_none_is_left_out():
    (found,) = Steps([Step(1, 0, math.nan, {"lr": 0.1, "gradient": math.nan, "clipped": math.inf})])
    assert math.isnan(found.loss)
    assert dict(found.values) == {"lr": 0.1, "clipped": math.inf}


@pytest.mark.parametrize("count", [0, 1, 3, 4, 5, 16, 1000, 1003])
def test_thinned_to_five_eighths_with_the_outline_and_the_newest(count):
    rng = np.random.default_rng(count)
    told = [Step(number, 0, float(loss), {"lr": loss / 7}) for number, loss in enumerate(rng.normal(size=count))]
    thin = (*Steps(told).thinned(),)
    assert all(each == told[each.step] for each in thin)
    assert [each.step for each in thin] == sorted({each.step for each in thin})
    older = (count - count // 4) // 4 * 4
    assert len(thin) == count - older // 2
    assert thin[len(thin) - (count - older) :] == tuple(told[older:])
    for first in range(0, older, 4):
        four = [each.loss for each in told[first : first + 4]]
        two = [each.loss for each in thin if first <= each.step < first + 4]
        assert (min(two), max(two)) == (min(four), max(four))


def test_a_loss_that_is_no_number_is_not_thinned_away():
    told = [Step(number, 0, math.nan if number == 5 else 1.0) for number in range(100)]
    assert any(math.isnan(each.loss) for each in Steps(told).thinned())


@given(STEPS, STEPS, st.integers(0, 12), st.integers(0, 30))
def test_a_table_has_what_the_steps_have(first, more, start, stop):
    short = Steps(first)
    table = short.table(start, stop)
    short.plus(more)  # what grows is not held by what was looked at
    rows = first[start:stop]
    assert set(table) >= {"step", "epoch", "loss"}
    for name in ("step", "epoch", "loss"):
        np.testing.assert_equal(table[name], [getattr(each, name) for each in rows])
    for name in set(table) - {"step", "epoch", "loss"}:
        np.testing.assert_equal(table[name], [each.values.get(name, np.nan) for each in rows])
