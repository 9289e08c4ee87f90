"""Local agreement: of a text that is read again and again while it grows, the words that two readings agree on.

LocalAgreement-2 (D. Liu and others, Low-latency sequence-to-sequence speech recognition, 2020; D. Macháček
and others, Turning Whisper into a real-time transcription system, 2023): the longest common beginning of two
successive readings is settled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine import normaliser

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_SECOND = 6.0
"""Letters, half of those that are said in a second: times are told less exactly than words are read again."""


def key(text: str) -> str:
    """What counts of a word when two readings are compared: not its case, nor what stands around it.

    Numbers are spelled, and sums of money with them: one reading writes "0" or "$5", the next one "zero" or "five
    dollars".
    """
    numbers = any(letter.isdigit() for letter in text)
    return normaliser.normalise(text, normaliser.DEFAULT if numbers else normaliser.ANY_LANGUAGE)


def agreed(before: Sequence[str], now: Sequence[str]) -> int:
    """How many words two readings have in common from their beginning on."""
    count = 0
    for one, other in zip(before, now, strict=False):
        if key(one) != key(other):
            break
        count += 1
    return count


def beyond(settled: Sequence[str], found: Sequence[str], loose: int = 0, away: Sequence[float] = ()) -> int:
    """Of a new reading `found` the place of the first word after those that are settled.

    That is the end of the cheapest way from the letters of `settled` to those of a beginning of `found`: a letter
    changed, left out or put in costs 1. The sound of the first `loose` settled words may be gone: to leave their
    letters out costs nothing. Where it is given that the first k words found end `away[k]` seconds from where the
    settled ones do, each second costs _SECOND. Of equal ways the one that skips about as many words wins.
    """
    letters, ends = _spelt(found)
    # costs[j]: from the settled letters so far to the first j found.
    costs, each = np.arange(len(letters) + 1, dtype=float), np.arange(len(letters) + 1)
    for place, word in enumerate(settled):
        left_out = 0.0 if place < loose else 1.0
        for letter in f"{key(word)} ":
            row = costs + left_out
            row[1:] = np.minimum(row[1:], costs[:-1] + (letters != letter))
            costs = np.minimum.accumulate(row - each) + each  # letters put in
    late = _SECOND * np.array([*away] or [0.0] * len(ends))
    return min(range(len(ends)), key=lambda k: (costs[ends[k]] + late[k], abs(k - len(settled))))


def _spelt(words: Sequence[str]) -> tuple[NDArray[np.str_], list[int]]:
    """The letters of words, a space after each; and where the first so many of them end."""
    texts = [f"{key(word)} " for word in words]
    ends = [0]
    for text in texts:
        ends.append(ends[-1] + len(text))
    return np.array(list("".join(texts)), dtype="<U1"), ends
