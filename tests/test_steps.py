"""The steps of a run behave as a tuple of them does, whoever lengthens it."""

from __future__ import annotations

import math

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
