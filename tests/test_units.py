"""Units: what texts become and come back from, in characters, syllables and words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import units

TEXT = st.lists(st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=12), min_size=1, max_size=8).map(
    " ".join
)


@pytest.mark.parametrize("kind", units.KINDS)
@given(text=TEXT)
def test_a_text_comes_back_from_its_units(kind, text):
    known = units.vocabulary([text], kind)
    assert known.decode(known.encode(text)) == text
    assert known.missing == 0
    assert known.units[0] == ""
    assert 0 not in known.encode(text), "the blank is never a target"


@pytest.mark.parametrize("kind", units.KINDS)
def test_a_vocabulary_does_not_depend_on_the_order_of_the_transcripts(kind):
    texts = ["the old man", "a yellow boat", "the boat"]
    one, other = (units.vocabulary(each, kind).units for each in (texts, texts[::-1]))
    assert one == other
    assert list(one[1:]) == sorted(one[1:])


def test_plain_characters_are_known_without_transcripts():
    found = units.vocabulary([]).units
    assert len(found) == 29
    assert found[:4] == ("", " ", "'", "a")


def test_characters_of_mixed_case_are_kept_apart():
    found = units.vocabulary(["Tom's 2 Boats.", "Ann?"]).units
    assert found == ("", *sorted(set("Tom's 2 Boats.Ann?")))
    assert {"T", "B", "A", "2", "?"} <= set(found)


def test_fifty_nine_outputs_of_mixed_case_transcripts_k044():
    """52 letters, the space, five signs, and the blank: as many outputs as the notes count."""
    import torch

    said = ["The quick brown fox jumps over a lazy dog.", "SPHINX OF BLACK QUARTZ, JUDGE MY VOW! It's why? And..."]
    found = units.vocabulary(said)
    assert len(found.units) == 59
    assert found.units == ("", *sorted({*"".join(said)}))
    assert found.missing == 0
    assert torch.nn.Linear(256, len(found.units)).out_features == 59
    counted = units.count(said)
    assert counted.units["o"] == said[0].count("o") + said[1].count("o")
    assert counted.vocabulary(characters="aeiou").missing == sum(
        not set(word) <= set("aeiou") for text in said for word in text.split()
    )


def test_letters_and_their_marks_are_one_unit_in_any_writing():
    """K281: composed or not, a letter is one output; scripts from right to left are kept in their order."""
    apart, together = "cafe\u0301", "caf\u00e9"
    known = units.vocabulary([apart, "\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd"])
    assert "\u00e9" in known.units
    assert "\u0301" not in known.units
    assert known.encode(apart) == known.encode(together)
    assert known.decode(known.encode(apart)) == together
    said = "\u05e2\u05d5\u05dc\u05dd \u05e9\u05dc\u05d5\u05dd"
    assert known.decode(known.encode(said)) == said
    assert units.vocabulary([], characters=apart).units == ("", " ", "a", "c", "f", "\u00e9")


def test_chosen_characters_are_the_only_ones_and_what_they_cannot_write_is_counted():
    known = units.vocabulary(["A boat.", "a man"], "char", characters="tamnbo")
    assert known.units == ("", " ", *"abmnot")
    assert (known.missing, known.among) == (2, 4)
    assert known.decode(known.encode("A boat.")) == "boat"


def test_rare_units_have_no_output_and_are_counted():
    known = units.vocabulary(["go on", "go out", "on and on"], "word", least=2)
    assert known.units == ("", " ?", " go", " on")
    assert (known.missing, known.among) == (2, 7)
    assert known.decode(known.encode("go away on")) == "go ? on"
    assert units.outside(["go home", "on"], known) == (1, 3)


@pytest.mark.parametrize(
    ("word", "parts"),
    [
        ("cat", ["cat"]),
        ("seven", ["se", "ven"]),
        ("doctor", ["doc", "tor"]),
        ("make", ["make"]),
        ("table", ["ta", "ble"]),
        ("apron", ["a", "pron"]),
        ("hmm", ["hmm"]),
        ("mother", ["mo", "ther"]),
    ],
)
def test_syllables_of_words(word, parts):
    assert units.syllables(word) == parts


def test_other_units_are_refused():
    with pytest.raises(ValueError, match="char, syllable, word"):
        units.vocabulary(["a"], "phone")


def test_the_cost_of_a_head_is_known_before_it_is_built():
    import torch

    known = units.vocabulary(["the old man and the sea"], "syllable").units
    built = torch.nn.Linear(256, len(known))
    assert units.head(256, known) == sum(each.numel() for each in built.parameters())
