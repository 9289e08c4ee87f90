"""Which words are wrong: marks agree with the edit distance that jiwer finds."""

from __future__ import annotations

import jiwer
import pytest
from hypothesis import given
from hypothesis import strategies as st

from widgets.align import align

words = st.lists(st.sampled_from("abc"), max_size=7)


@given(words, words.filter(bool))
def test_marks_are_the_cheapest(found, truth):
    mine, theirs = align(found, truth)
    out = jiwer.process_words(" ".join(truth), " ".join(found))
    edits = mine.count("wrong") + mine.count("extra") + theirs.count("missing")
    assert edits == out.substitutions + out.insertions + out.deletions
    assert mine.count("right") == theirs.count("right")
    assert mine.count("wrong") == theirs.count("wrong")


@pytest.mark.parametrize(
    ("found", "truth", "mine", "theirs"),
    [
        ("73", "73", ["right", "right"], ["right", "right"]),
        ("74", "73", ["right", "wrong"], ["right", "wrong"]),
        ("7", "73", ["right"], ["right", "missing"]),
        ("773", "73", None, ["right", "right"]),
        ("", "7", [], ["missing"]),
        ("7", "", ["extra"], []),
    ],
)
def test_marks(found, truth, mine, theirs):
    got = align(list(found), list(truth))
    assert got[1] == theirs
    assert mine is None or got[0] == mine
