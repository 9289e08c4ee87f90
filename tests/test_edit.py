"""The edit distance is the least number of edits, by brute force and by its own laws."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as some

from engine.edit import distance

WORDS = some.lists(some.sampled_from("abc"), max_size=6)


def least(found: tuple[str, ...], truth: tuple[str, ...]) -> int:
    """Every way of editing is tried."""
    if not found or not truth:
        return len(found) + len(truth)
    costs = [least(found[1:], truth) + 1, least(found, truth[1:]) + 1]
    return min(*costs, least(found[1:], truth[1:]) + (found[0] != truth[0]))


def test_it_equals_a_search_over_all_edits() -> None:
    words = [word for size in range(5) for word in itertools.product("ab", repeat=size)]
    for found, truth in itertools.product(words, words):
        assert distance(found, truth) == least(found, truth)


@given(WORDS, WORDS, WORDS)
def test_it_is_a_distance(a: list[str], b: list[str], c: list[str]) -> None:
    assert distance(a, b) == distance(b, a)
    assert (distance(a, b) == 0) == (a == b)
    assert distance(a, c) <= distance(a, b) + distance(b, c)
    assert abs(len(a) - len(b)) <= distance(a, b) <= max(len(a), len(b))
