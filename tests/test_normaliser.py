"""Normalisers are idempotent, make caseless and canonical equals equal, and read numbers as English does."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as some

from engine import normaliser, wer
from engine.normaliser import NORMALISERS, normalise, spelled, words

NAMES = sorted(NORMALISERS)
NUMBERED = some.text("0123456789,.%&'- astndrh$€¥½⅜/", max_size=24)
WORDS = "a one two hundred thousand and half fourth fourths quarter st. saint dr. etc 1/2 2½ ¾ 20".split()
WORDS += "$1 $2.50 5$ $.50".split()
SPOKEN = some.lists(some.sampled_from(WORDS), max_size=10).map(" ".join)


@pytest.mark.parametrize("name", NAMES)
@given(text=some.one_of(some.text(), NUMBERED, SPOKEN))
def test_what_it_made_it_leaves(name: str, text: str) -> None:
    once = normalise(text, name)
    assert normalise(once, name) == once
    assert words(text, name) == tuple(once.split())


@pytest.mark.parametrize("name", ["english", "basic-en", "unicode"])
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
    with pytest.raises(normaliser.UnknownNormaliser, match="there are: english, basic-en, unicode, none"):
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


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("½ of it", "one half of it"),
        ("a half of it", "one half of it"),
        ("1/2 of it", "one half of it"),
        ("2½ hours", "two and a half hours"),
        ("2 1/2 hours", "two and one half hours"),
        ("¾", "three quarters"),
        ("¾", "three fourths"),
        ("⅝ inch", "five eighths inch"),
        ("Dr. Young", "Doctor Young"),
        ("Mr Pike, Mrs. Hall", "Mister Pike, Missus Hall"),
        ("St. John", "Saint John"),
        ("Main St., then left", "Main Street, then left"),
        ("Steels, etc.", "Steels et cetera"),
        ("$5", "five dollars"),
        ("$1", "one dollar"),
        ("5$ or 3.50 €", "five dollars or three euros fifty cents"),
        ("5 $10 notes", "five ten dollars notes"),
        ("5$ 3$ tips", "five dollars three dollars tips"),
        ("$.50 and $0.01", "fifty cents and one cent"),
        ("£3.01", "three pounds and one penny"),
        ("¥1,500", "one thousand five hundred yen"),
        ("£2.50", "two pounds and fifty pence"),
        ("$1,200.00", "one thousand two hundred dollars"),
        ("$3.5 million", "three point five million dollars"),
        ("140 miles", "a hundred and forty miles"),
        ("20 °C", "twenty degrees C"),
        ("OK", "okay"),
    ],
)
def test_two_spellings_of_one_spoken_text_have_no_error(written: str, said: str) -> None:
    for one, other in ((written, said), (written.upper(), said), (written.lower(), said.upper())):
        assert wer.one(wer.Text("", one, other), "english").words.errors == 0
    assert wer.one(wer.Text("", written, said), "none").words.errors > 0


def test_what_is_said_otherwise_stays_apart() -> None:
    for one, other in (
        ("9/11", "nine elevenths"),
        ("the third of May", "⅓ of May"),
        ("hundred and you", "hundred you"),
        ("$5", "five"),
        ("Dr. No", "drive no"),
    ):
        assert normalise(one, "english") != normalise(other, "english")
    assert normalise("Mr. Pike has 140", "basic-en") == "mr pike has one hundred forty"


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
