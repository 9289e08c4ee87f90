"""English digits spelt for readers of other languages: espeak-ng's other voices then say them with an accent."""

from __future__ import annotations

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
SPELT = {
    "de": "siero wann tuu srie foor feif ßix ßewen äit nein",
    "nl": "ziero wan toe srie foor faaif siks zeven eet naain",
    "el": "ζίρο ουάν του θρι φορ φάιβ σιξ σέβεν έιτ νάιν",
    "fr-be": "zirau ouanne tou tri fôr faïve sixe sévène éïte naïne",
    "es": "síro uán tu tri for fáiv six séven éit náin",
    "it": "zìro uàn tu tri for fàiv sics sèven èit nàin",
    "pl": "ziro łan tu tri for fajw siks sewen ejt najn",
    "sv": "siro oann to tri får fajv sicks seven ejt najn",
    "da": "siro wan tu tri får fajv siks seven ejt najn",
    "pt": "zirou uón tu tri fór faive sics séven eite naine",
    "ro": "zirou uan tu tri for faiv sics seven eit nain",
    "ru": "зироу уан ту сри фор файв сикс сэвэн эйт найн",
    "cs": "zirou uan tú srí fór fajv siks sevn ejt najn",
    "tr": "ziro van tu tri for fayv siks seven eyt nayn",
    "fi": "siirou uan tuu srii foor faiv siks seven eit nain",
}
"""Language of espeak-ng -> the ten digits, zero first. fr-be is all French: of fr-fr it drops the variants."""


def spelt(language: str, word: str) -> str:
    """The word as a reader of the language should see it; the word itself where that is not known."""
    known = SPELT.get(language, "").split()
    return known[WORDS.index(word)] if known and word in WORDS else word
