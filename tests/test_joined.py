"""Words of texts that are parts of one, against the normaliser over the whole text."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from engine import joined
from engine.normaliser import NORMALISERS, normalise, words

TEXTS = (
    "a one two hundred thousand million and half third fourth quarter st. etc 1/2 2½ ½ 2 20 1,000 3.50 $ € $1 "
    "$2.50 $.50 5$ 3.50€ dollars - ... % cat dog hundred-and and-five a-half $3.5 and,"
).split()
"""Most of them are told by those beside them."""


@settings(deadline=None)
@given(some.lists(some.sampled_from(TEXTS), max_size=90), some.sampled_from(sorted(NORMALISERS)))
def test_they_are_those_of_the_whole_each_of_a_text_in_order(texts, name):
    found = joined.owned(texts, name)
    assert tuple(word for word, _ in found) == words(" ".join(texts), name)
    assert all(before <= place for (_, before), (_, place) in pairwise(found))


@settings(deadline=None)
@given(some.lists(some.sampled_from(TEXTS), max_size=30), some.lists(some.sampled_from(TEXTS), max_size=9))
def test_what_is_parted_stays_as_it_is_whatever_comes(texts, more):
    part = joined.apart(texts)
    whole = normalise(" ".join([*texts, *more]))
    assert joined.words(texts[:part]) + joined.words([*texts[part:], *more]) == tuple(whole.split())


@pytest.mark.parametrize(
    ("texts", "owners"),
    [
        ("½ hour", {"one": "½", "half": "½", "hour": "hour"}),
        ("a half hour", {"one": "a", "half": "half", "hour": "hour"}),
        ("a hundred and five", {"one": "a", "hundred": "hundred", "five": "five"}),
        ("for $ 5 more", {"for": "for", "five": "5", "dollars": "5", "more": "more"}),
        ("$3.5 million", {"three": "$3.5", "point": "$3.5", "five": "$3.5", "million": "million"}),
    ],
)
def test_each_word_is_of_the_text_that_says_it(texts, owners):
    cut = texts.split()
    found = {word: cut[place] for word, place in joined.owned(cut)}
    assert {word: found[word] for word in owners} == owners


def test_a_text_is_parted_again_and_again():
    """Each part is a few texts: what cannot be parted, dashes alone, is not looked at for every one anew."""
    texts = ["a", "half", "and", "$5", "cat", "runs"] * 500
    lengths, rest = [], texts[: joined.LONGEST]
    for text in texts[joined.LONGEST :]:
        if part := joined.apart(rest) if len(rest) >= joined.LONGEST else 0:
            lengths.append(part)
        rest = [*rest[part:], text]
    assert len(rest) <= joined.LONGEST
    assert min(lengths) > joined.LONGEST // 2
    begun = time.process_time()
    assert joined.owned(["-"] * 20_000 + ["a"]) == [("a", 20_000)]
    assert time.process_time() - begun < 5
