"""Normalisers: what of a text counts when it is scored. Each has a name, which stands beside every error rate.

none       The text as it is, cut at white space.
unicode    Any language: canonical composition (NFC), case folded, and letters, marks and digits alone; an
           apostrophe inside a word stays, straight or typographic, everything else parts words.
basic-en   The same for English, with numbers in words: 21 is "twenty one", 3.5 "three point five", 2nd "second",
           007 "zero zero seven", 1984 "one thousand nine hundred eighty four"; % is "percent" and & is "and".
english    As basic-en, and one spelling for what is said alike: Dr. is "doctor", Mr. "mister", etc. "et cetera";
           St., street and saint are "st"; $5 and 5$ are "five dollars", $2.50 "two dollars fifty cents"; ½, 1/2
           and "a half" are "one half", 2½ "two and one half"; "a hundred and five" is "one hundred five", as 105.

Each is idempotent: what it made, it leaves.
"""

from __future__ import annotations

import re
import unicodedata
from types import MappingProxyType
from typing import TYPE_CHECKING

from engine import language

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

DEFAULT = "english"
LEARNT = "basic-en"
"""What networks learn to write: every word as it is written, with numbers in words."""
ANY_LANGUAGE = "unicode"
_APOSTROPHES = dict.fromkeys(map(ord, "\N{RIGHT SINGLE QUOTATION MARK}\N{MODIFIER LETTER APOSTROPHE}"), "'")
_NUMBER = re.compile(r"(\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.(\d+)|(?:st|nd|rd|th)\b)?", re.ASCII)
_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
).split()
_TENS = ["", "", *"twenty thirty forty fifty sixty seventy eighty ninety".split()]
_POWERS = (("billion", 10**9), ("million", 10**6), ("thousand", 1000), ("hundred", 100))
_ORDINALS = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth",
    "twelve": "twelfth",
}  # fmt: skip
_SPELLINGS = {
    "mr": "mister", "mrs": "missus", "dr": "doctor", "prof": "professor", "capt": "captain", "sgt": "sergeant",
    "lt": "lieutenant", "jr": "junior", "sr": "senior", "mt": "mount", "saint": "st", "street": "st",
    "vs": "versus", "etc": "et cetera", "ok": "okay", "fourths": "quarters",
}  # fmt: skip
_FRACTIONS = {
    unicodedata.normalize("NFKC", each).replace("\N{FRACTION SLASH}", "/"): each for each in "¼½¾⅐⅑⅒⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞"
}
"""Those that Unicode has a character for: what else stands with a stroke may be a date."""
_FRACTION = re.compile(rf"(?:(?<![\d.,/])(\d+)\s?)?([{''.join(_FRACTIONS.values())}])", re.ASCII)
_WITH_STROKE = re.compile(r"(?<![\d.,/])\d/\d{1,2}(?![\d/])", re.ASCII)
_POWER = "hundred|thousand|million|billion"
_MONEYS = {
    "$": ("dollar", "dollars", "cent", "cents"), "£": ("pound", "pounds", "penny", "pence"),
    "€": ("euro", "euros", "cent", "cents"), "¥": ("yen", "yen", "sen", "sen"),
}  # fmt: skip
_SIGN = f"[{''.join(_MONEYS)}]"
_MONEY = re.compile(
    rf"({_SIGN})\s?(\d+(?:,\d{{3}})*|(?=\.\d))"
    rf"(?:\.(\d\d)(?!\d|\s(?:{_POWER})\b)|(\.\d+)?(\s(?:{_POWER})\b)?)",
    re.ASCII,
)
_SIGN_BEHIND = re.compile(
    rf"(?<![\d.,{''.join(_MONEYS)}])(\d[\d,]*(?:\.\d+)?)(?:({_SIGN})(?![\d.])|\s({_SIGN})(?!\s?[\d.]))", re.ASCII
)
_COUNT = "|".join((*_SMALL, *_TENS[2:]))
_AND = re.compile(rf"\b({_POWER}|dollars?|pounds?|euros?|yen) and (?=(?:{_COUNT})\b)")
_FOURTH = re.compile(r"\bone fourth\b")
_ONE = re.compile(rf"\ba (?=(?:{_POWER}|half|third|quarter|fifth|sixth|eighth)\b)")
_LONGEST = 12  # digits that are a number; longer ones are read one by one


class UnknownNormaliser(LookupError):
    """A normaliser that there is not; the message names those there are."""

    def __str__(self) -> str:
        return str(self.args[0])


def usual(tag: str) -> str:
    """The normaliser that suits a language: the one of English, unless it is told to be another."""
    return DEFAULT if language.is_english(tag) else ANY_LANGUAGE


def normalise(text: str, name: str = DEFAULT) -> str:
    """The words of a text that count, with one space between two. Raises UnknownNormaliser."""
    if name not in NORMALISERS:
        raise UnknownNormaliser(f"there is no normaliser {name!r}; there are: {', '.join(NORMALISERS)}")
    return " ".join(NORMALISERS[name](text).split())


def words(text: str, name: str = DEFAULT) -> tuple[str, ...]:
    """The same, cut into words."""
    return tuple(normalise(text, name).split())


def spelled(number: int, ordinal: bool = False) -> str:
    """A number of at most 12 digits in English words, without hyphens and without "and"."""
    said = _cardinal(number)
    if not ordinal:
        return said
    rest, space, last = said.rpartition(" ")
    plain = f"{last[:-1]}ieth" if last.endswith("y") else f"{last}th"
    return f"{rest}{space}{_ORDINALS.get(last, plain)}"


def _cardinal(number: int) -> str:
    for name, power in _POWERS:
        if number >= power:
            above, below = divmod(number, power)
            return f"{_cardinal(above)} {name}" + (f" {_cardinal(below)}" if below else "")
    if number < len(_SMALL):
        return _SMALL[number]
    tens, ones = divmod(number, 10)
    return _TENS[tens] + (f" {_SMALL[ones]}" if ones else "")


def _any(text: str) -> str:
    return _letters(_folded(text))


def _basic(text: str) -> str:
    return _letters(_numbers(_folded(text)))


def _numbers(text: str) -> str:
    return _NUMBER.sub(_said, text).replace("%", " percent ").replace("&", " and ")


def _english(text: str) -> str:
    text = _WITH_STROKE.sub(lambda found: _FRACTIONS.get(found[0], found[0]), _folded(text))
    text = _SIGN_BEHIND.sub(r"\2\3\1", text)
    text = _MONEY.sub(_paid, _FRACTION.sub(_parts, text)).replace("°", " degrees ")
    said = " ".join(_SPELLINGS.get(word, word) for word in _letters(_numbers(text)).split())
    return _AND.sub(r"\1 ", _FOURTH.sub("one quarter", _ONE.sub("one ", said)))


def _parts(found: re.Match[str]) -> str:
    """A fraction that was written as one character, in words, behind the whole number before it."""
    above, _, below = unicodedata.normalize("NFKC", found[2]).partition("\N{FRACTION SLASH}")
    part = {"2": "half", "4": "quarter"}.get(below) or spelled(int(below), ordinal=True)
    said = f"{spelled(int(above))} {part}{'s' if above != '1' else ''}"
    return f" {found[1]} and {said} " if found[1] else f" {said} "


def _paid(found: re.Match[str]) -> str:
    """A sum of money, with what it is of behind it."""
    sign, whole, cents, part, power = found.groups("")
    one, many, small, smalls = _MONEYS[sign]
    small = f"{int(cents)} {small if cents == '01' else smalls}" if int(cents or 0) else ""
    if small and not int(whole.replace(",", "") or 0):
        return f" {small} "
    return f" {whole or 0}{part}{power} {one if whole == '1' and not part + power else many} {small} "


def _folded(text: str) -> str:
    """Caseless and composed (Unicode Standard, 3.13, definition 145), without characters that only format."""
    text = "".join(each for each in text if unicodedata.category(each) != "Cf")
    folded = unicodedata.normalize("NFD", text).casefold()
    return unicodedata.normalize("NFC", folded.translate(_APOSTROPHES))


def _letters(text: str) -> str:
    """Letters, marks and digits; apostrophes between two of them; a space for everything else."""
    kept = [unicodedata.category(each)[0] in "LMN" for each in text]
    inside = [
        each == "'" and 0 < place < len(text) - 1 and kept[place - 1] and kept[place + 1]
        for place, each in enumerate(text)
    ]
    return "".join(each if one or other else " " for each, one, other in zip(text, kept, inside, strict=True))


def _said(found: re.Match[str]) -> str:
    """A number that was written in digits, in words."""
    whole, part = found[1].replace(",", ""), found[2]
    alone = len(whole) > _LONGEST or (whole.startswith("0") and whole != "0")
    if alone:
        said = " ".join(_SMALL[int(digit)] for digit in whole)
    else:
        said = spelled(int(whole), ordinal=found[0][-1].isalpha())
    said += " point " + " ".join(_SMALL[int(digit)] for digit in part) if part else ""
    return f" {said} "


NORMALISERS: Mapping[str, Callable[[str], str]] = MappingProxyType(
    {"english": _english, "basic-en": _basic, "unicode": _any, "none": str}
)
"""By name."""
