"""A script that is read aloud, against the cheapest of all ways that there are."""

from __future__ import annotations

import random
from functools import cache
from unittest import mock

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as some

from engine import follower, joined, script, wer
from engine.edit import align, distance
from engine.follower import LEAP, Follower
from engine.script import ScriptError, parse

TEXT = """It was the best of times, it was the worst of times.

We had everything before us; we had nothing before us.

In short, the period was so far like the present period - that 21 of its noisiest authorities insisted on it."""


def cheapest(truth: list[str], said: list[str], leap: int) -> int:
    """By trying every way: what it costs that `said` was read from `truth`, whose end is free."""

    @cache
    def cost(i: int, j: int, may_leap: bool) -> int:
        """Of what is still to be explained when i words were said and the reader stands before word j."""
        if i == len(said):
            return 0
        found = [1 + cost(i + 1, j, True)]
        if j < len(truth):
            found.append((truth[j] != said[i]) + cost(i + 1, j + 1, True))
            found.append(1 + cost(i, j + 1, False))
        if may_leap:
            found += [leap + cost(i, k, False) for k in range(len(truth) + 1) if k != j]
        return min(found)

    return cost(0, 0, True)


def follow(text: str, said: str) -> script.Reading:
    follower = Follower(parse(text), "basic-en")
    follower.add(said.split())
    return follower.reading()


@pytest.mark.parametrize("seed", range(40))
def test_no_way_is_cheaper(seed):
    rng = random.Random(seed)
    truth = rng.choices("abcdefg"[: rng.randint(2, 7)], k=rng.randint(1, 14))
    said = rng.choices("abcdefgx", k=rng.randint(0, 9))
    if seed % 2:  # a part of the script, with an error
        begin = rng.randrange(len(truth))
        said = truth[begin : begin + 8]
        said[rng.randrange(len(said))] = "x"
    follower = Follower(parse(" ".join(truth)), "none")
    follower.add(said)
    assert follower.cost == cheapest(truth, said, LEAP)
    found = follower.reading()
    leaps = follower.cost - found.errors
    assert leaps >= 0
    assert leaps % LEAP == 0  # the path that is told costs what the cheapest does


def test_read_from_the_beginning_it_is_the_edit_distance():
    truth = [f"{one}{other}" for one in "abcde" for other in "klmnopqr"]
    said = [*truth[:3], *truth[7:10], "x", *truth[11:20], *truth[21:30], "more", *truth[30:]]
    found = follow(" ".join(truth), " ".join(said))
    assert (found.substituted, found.deleted, found.inserted) == (1, 5, 1)  # four words in a row are no leap
    assert found.errors == distance(said, truth)
    assert found.read == 40
    assert found.wer == 7 / 40
    assert found.marks[10] == "substitute"
    assert found.instead[10] == "x"
    assert found.marks[20] == "delete"
    assert found.added == {30: "more"}


def test_what_was_not_read_yet_is_no_error():
    found = follow(TEXT, "it was the best of")
    assert found.wer == 0
    assert found.position == 5
    assert found.marks[:6] == ("equal",) * 5 + ("",)


def test_a_paragraph_that_is_left_out_moves_the_place_and_counts_no_errors():
    words = parse(TEXT).words
    found = follow(TEXT, "it was the best of times it was the worst of times in short the period was so far like")
    assert words[found.position] == "the"
    assert words[found.position + 1] == "present"
    assert found.errors == 0
    assert found.marks[12:22] == ("left",) * 10
    again = follow(TEXT, "in short the period was so far like the present period that it was the best of times it")
    assert again.position == 7
    assert again.errors == 0


def test_numbers_and_signs_are_compared_as_they_are_said():
    said = TEXT[TEXT.index("In short") :].replace("21", "twenty one").replace("-", "").lower()
    found = follow(TEXT, said)
    assert found.errors == 0
    assert "delete" not in found.marks
    assert found.position == len(found.marks)
    wrong = follow(TEXT, said.replace("twenty one", "twenty two"))
    assert wrong.substituted == 1
    place = parse(TEXT).words.index("21")
    assert wrong.marks[place] == "substitute"
    assert wrong.instead[place] == "twenty two"


def test_an_hour_of_reading_is_followed_word_by_word(monkeypatch):
    """What is settled is what would be found without settling; and it takes no longer at the end."""
    rng = random.Random(3)
    truth = [rng.choice("abcdefghijklmnopqrstuvwxyz") * rng.randint(1, 3) for _ in range(1200)]
    said = [each for each in truth if rng.random() > 0.03]
    said = [each if rng.random() > 0.05 else "wrong" for each in said]
    found = Follower(parse(" ".join(truth)), "none")
    places = []
    for word in said:
        found.add([word])
        places.append(found.place)
    assert places[-1] == len(truth)
    assert len(found._rows) <= 2 * follower.ROWS + 1
    reading = found.reading()
    assert reading.errors == pytest.approx(align(said, truth).errors, abs=2)
    monkeypatch.setattr(follower, "ROWS", 10**6)
    whole = Follower(parse(" ".join(truth)), "none")
    whole.add(said)
    assert reading.marks == whole.reading().marks


@pytest.mark.parametrize(("text", "why"), [("", "no word"), (" \n\n - ", "no word"), ("a\0b", "no text")])
def test_what_is_no_script_is_told(text, why):
    with pytest.raises(ScriptError, match=why):
        parse(text)
    with pytest.raises(ScriptError, match="at most"):
        parse("word " * (script.LONGEST + 1))


def test_paragraphs_are_parted_by_empty_lines_or_by_lines():
    assert parse("a b\nc\n\nd").paragraphs == (("a", "b", "c"), ("d",))
    assert parse("a b\nc\n").paragraphs == (("a", "b"), ("c",))
    assert parse("a\r\n\r\nb").paragraphs == (("a",), ("b",))


def test_where_words_are_settled_no_error_is_lost():
    """Every third word is left out, so that one is missing at every seam."""
    letters = "abcdefghijklmnop"
    truth = [f"{a}{b}{c}" for a in letters for b in letters for c in letters][:3000]
    found = Follower(parse(" ".join(truth)), "none")
    found.add(word for place, word in enumerate(truth) if place % 3)
    reading = found.reading()
    assert (reading.deleted, reading.errors, reading.read) == (1000, 1000, 3000)


ALIKE = [
    ("½", "a half"), ("2½ hours", "two and a half hours"), ("$5", "five dollars"), ("5 $", "five dollars"),
    ("$2.50", "two dollars and fifty cents"), ("$3.5 million", "three point five million dollars"),
    ("140", "a hundred and forty"), ("3 1/2", "three and one half"), ("¾", "three fourths"),
    ("Dr. Who", "doctor who"), ("St. John", "saint john"), ("it", "it"), ("was", "was"), ("the", "the"),
    ("best", "best"), ("times,", "times"), ("-", ""),
]  # fmt: skip
"""As it may be written, and as it may be said."""
PAIRS = some.tuples(some.sampled_from(ALIKE), some.booleans())


@settings(deadline=None)
@given(some.integers(1, 60).flatmap(lambda size: some.lists(PAIRS, min_size=size, max_size=size)))
def test_what_is_said_alike_is_read(groups):
    """Either of two spellings stands in the script, the other one is heard, word by word."""
    written, said = (" ".join(pair[other ^ way] for pair, other in groups).split() for way in (0, 1))
    assume(joined.words(written))
    assume(joined.words(written) == joined.words(said))  # "2" before "½" are another number
    found = Follower(parse(" ".join(written)))
    with mock.patch.object(follower, "ROWS", 16):
        for word in said:
            found.add([word])
    reading = found.reading()
    assert (reading.errors, reading.read) == (0, len(joined.words(written)))
    assert set(reading.marks) <= {"equal", ""}  # "" of what has no sound, before the first word


@settings(deadline=None)
@given(some.data())
def test_errors_are_those_of_the_texts_as_a_whole(data):
    """Without a leap those of wer, whatever words there are; all words said count, as the normaliser has them."""
    texts = "a half ½ 2 $ 5 $5 hundred and five dollars million . cat dog".split()
    truth = ["cat", *data.draw(some.lists(some.sampled_from(texts), min_size=data.draw(some.integers(0, 60))))]
    said = [
        each
        for each in truth
        for each in data.draw(some.sampled_from([[each]] * 8 + [[], ["cat"], [each, "dog"]]))
    ]
    found = Follower(parse(" ".join(truth)))
    for word in said:
        found.add([word])
    reading, again = found.reading(), Follower(parse(" ".join(truth)))
    again.add(joined.words(said))
    assert (again.place, again.reading().marks) == (found.place, reading.marks)
    assume(found.cost == reading.errors)
    whole = joined.words(truth)
    assert reading.errors == distance(joined.words(said), whole[: found.place])
    assert reading.errors <= wer.one(wer.Text("", " ".join(truth), " ".join(said))).words.errors
    if found.place == len(whole):
        assert reading.errors == wer.one(wer.Text("", " ".join(truth), " ".join(said))).words.errors
        assert reading.read == len(whole)


def test_a_word_that_was_said_otherwise_after_all_moves_the_place_back():
    """Five "$" are five dollars, and five "$ .99" are five, and ninety nine cents."""
    found, places = Follower(parse("It cost five dollars now")), []
    for word in "it cost 5 $ .".split():
        found.add([word])
        places.append(found.place)
    assert places == [1, 2, 3, 4, 3]
