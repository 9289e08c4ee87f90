"""A growing sequence behaves as a tuple does, whoever lengthens it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.growing import Growing

NUMBERS = st.lists(st.integers(), max_size=20)
PLACES = st.none() | st.integers(-25, 25)


@given(NUMBERS, NUMBERS, NUMBERS)
def test_the_shorter_one_does_not_see_what_the_longer_ones_hold(first, one, other):
    short = Growing(first)
    long, another = short.plus(one), short.plus(other)
    longest = long.plus(other)
    assert (*short,) == (*first,)
    assert (*long,) == (*first, *one)
    assert (*another,) == (*first, *other)
    assert (*longest,) == (*first, *one, *other)
    assert len(longest) == len(first) + len(one) + len(other)


@given(NUMBERS, NUMBERS, PLACES, PLACES, st.sampled_from([None, 1, 3, -1, -2]))
def test_slices_are_those_of_a_tuple(first, more, start, stop, step):
    short = Growing(first)
    short.plus(more)
    assert short[start:stop:step] == tuple(first)[start:stop:step]


def test_what_came_later_is_out_of_reach():
    short = Growing([1, 2])
    short.plus([3])
    assert short[-1] == 2
    with pytest.raises(IndexError):
        short[2]
