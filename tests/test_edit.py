"""The edit distance is the least number of edits, by brute force and by its own laws; an alignment has as few."""

from __future__ import annotations

import itertools
import time

import jiwer
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from engine import edit
from engine.edit import Alignment, align, distance

WORDS = some.lists(some.sampled_from("abc"), max_size=6)
LONGER = some.lists(some.sampled_from("abcde"), max_size=90)


def least(found: tuple[str, ...], truth: tuple[str, ...]) -> int:
    """Every way of editing is tried."""
    if not found or not truth:
        return len(found) + len(truth)
    costs = [least(found[1:], truth) + 1, least(found, truth[1:]) + 1]
    return min(*costs, least(found[1:], truth[1:]) + (found[0] != truth[0]))


def rebuilt(aligned: Alignment) -> tuple[list[str], list[str]]:
    """Truth and found as the steps tell them."""
    pairs = list(aligned.pairs)
    return [one for kind, one, _ in pairs if kind != "insert"], [
        other for kind, _, other in pairs if kind != "delete"
    ]


def script(count: int, seed: int = 0) -> tuple[list[str], list[str]]:
    """A text of so many words, and what a recogniser might make of it."""
    rng = np.random.default_rng(seed)
    truth = [f"w{number}" for number in rng.integers(0, 3000, count)]
    found: list[str] = []
    for word, chance in zip(truth, rng.random(count), strict=True):
        if chance > 0.05:
            found.append(f"w{rng.integers(0, 3000)}" if chance < 0.15 else word)
        if chance > 0.97:
            found.append("uh")
    return truth, found


def test_it_equals_a_search_over_all_edits() -> None:
    words = [word for size in range(5) for word in itertools.product("ab", repeat=size)]
    for found, truth in itertools.product(words, words):
        assert distance(found, truth) == least(found, truth) == align(found, truth).errors


@given(WORDS, WORDS, WORDS)
def test_it_is_a_distance(a: list[str], b: list[str], c: list[str]) -> None:
    assert distance(a, b) == distance(b, a)
    assert (distance(a, b) == 0) == (a == b)
    assert distance(a, c) <= distance(a, b) + distance(b, c)
    assert abs(len(a) - len(b)) <= distance(a, b) <= max(len(a), len(b))


@given(LONGER, LONGER)
def test_an_alignment_tells_both_and_has_as_few_edits_as_an_independent_one(a: list[str], b: list[str]) -> None:
    aligned = align(a, b)
    assert rebuilt(aligned) == (b, a)
    for kind, one, other in aligned.pairs:
        assert (kind == "equal") == (one == other)
    if b:  # jiwer refuses an empty reference
        told = jiwer.process_words(" ".join(b), " ".join(a))
        assert aligned.errors == told.substitutions + told.deletions + told.insertions == distance(a, b)


@given(LONGER, LONGER)
def test_cut_into_halves_it_has_as_few(a: list[str], b: list[str]) -> None:
    whole = align(a, b).errors
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(edit, "LARGEST", 20)
        halves = align(a, b)
    assert rebuilt(halves) == (b, a)
    assert halves.errors == whole


def test_it_tells_kinds_apart_and_where_they_are() -> None:
    assert align("13", "123").counts == (0, 1, 0)
    assert align("1223", "123").counts == (0, 0, 1)
    assert align("143", "123").counts == (1, 0, 0)
    assert [tuple(step) for step in align("axc", "abcd").steps] == [
        ("equal", 0, 0), ("substitute", 1, 1), ("equal", 2, 2), ("delete", 3, 3),
    ]  # fmt: skip
    assert align("", "").steps == ()


def test_an_hour_of_speech_is_aligned_in_a_fraction_of_a_second() -> None:
    truth, found = script(9000)
    begin = time.process_time()
    aligned = align(found, truth)
    assert time.process_time() - begin < 1.0
    told = jiwer.process_words(" ".join(truth), " ".join(found))
    assert aligned.errors == told.substitutions + told.deletions + told.insertions > 1000
