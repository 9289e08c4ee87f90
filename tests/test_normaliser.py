"""Normalisers are idempotent, make caseless and canonical equals equal, and read numbers as English does."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as some

from engine import normaliser
from engine.normaliser import NORMALISERS, normalise, spelled, words

NAMES = sorted(NORMALISERS)
NUMBERED = some.text("0123456789,.%&'- astndrh", max_size=24)


@pytest.mark.parametrize("name", NAMES)
@given(text=some.one_of(some.text(), NUMBERED))
def test_what_it_made_it_leaves(name: str, text: str) -> None:
    once = normalise(text, name)
    assert normalise(once, name) == once
    assert words(text, name) == tuple(once.split())


@pytest.mark.parametrize("name", ["basic-en", "unicode"])
def test_so_with_every_character_that_folds_or_has_another_form(name: str) -> None:
    every = (chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000)
    changed = [each for each in every if unicodedata.normalize("NFD", each).casefold() != each]
    assert len(changed) > 10_000
    for each in changed:
        once = NORMALISERS[name](f"a{each}b {each}")
        assert NORMALISERS[name](once) == once


@given(some.text())
def test_composed_and_decomposed_are_one(text: str) -> None:
    decomposed = unicodedata.normalize("NFD", text)
    assert normalise(text, "unicode") == normalise(decomposed, "unicode")


def test_each_does_what_it_says() -> None:
    said = "“Don\N{RIGHT SINGLE QUOTATION MARK}t stop,” she said — it's 'fine'…"
    assert normalise(said, "none") == said
    assert normalise(said, "unicode") == "don't stop she said it's fine"
    assert normalise("Wait  for\tme", "none") == "Wait for me"
    assert normalise("STRASSE", "unicode") == normalise("Straße", "unicode")
    assert normalise("ΟΔΟΣ", "unicode") == normalise("οδος", "unicode")
    # Vowel signs and other marks are parts of a word; right to left or not.
    assert words("नमस्ते, दुनिया!", "unicode") == ("नमस्ते", "दुनिया")
    assert words("مرحبا، بالعالم", "unicode") == ("مرحبا", "بالعالم")
    with pytest.raises(normaliser.UnknownNormaliser, match="there are: basic-en, unicode, none"):
        normalise("a", "loud")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("21 cats & 3.5%", "twenty one cats and three point five percent"),
        ("the 2nd of 1,234,567", "the second of one million two hundred thirty four thousand "
         "five hundred sixty seven"),
        ("Agent 007", "agent zero zero seven"),
        ("1, 2,3", "one two three"),
        ("20th, 12th, 101st", "twentieth twelfth one hundred first"),
        ("COVID-19", "covid nineteen"),
        ("1984", "one thousand nine hundred eighty four"),
        ("0", "zero"),
        ("1234567890123", "one two three four five six seven eight nine zero one two three"),
    ],
)  # fmt: skip
def test_numbers_are_read_in_words(written: str, said: str) -> None:
    assert normalise(written, "basic-en") == said


def test_numbers_add_up() -> None:
    """What was spelled is read back by the values of its words."""
    values = {spelled(number): number for number in [*range(20), *range(20, 100, 10)]}
    powers = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9}
    for number in [*range(2000), 99_999, 100_000, 7_000_300, 999_999_999_999]:
        total, part = 0, 0
        for word in spelled(number).split():
            if word == "hundred":
                part *= 100
            elif word in powers:
                total, part = total + part * powers[word], 0
            else:
                part += values[word]
        assert total + part == number
