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


def key(text: str) -> str:
    """What counts of a word when two readings are compared: not its case, nor what stands around it."""
    return normaliser.normalise(text, normaliser.ANY_LANGUAGE)


def agreed(before: Sequence[str], now: Sequence[str]) -> int:
    """How many words two readings have in common from their beginning on."""
    count = 0
    for one, other in zip(before, now, strict=False):
        if key(one) != key(other):
            break
        count += 1
    return count


def beyond(settled: Sequence[str], found: Sequence[str], loose: int = 0) -> int:
    """Of a new reading `found` the place of the first word after those that are settled.

    That is the end of the cheapest way from `settled` to a beginning of `found`, where words that are not alike
    cost as much of 1 as they differ, and one left out or put in costs 1. The sound of the first `loose` settled
    words may be gone: to leave them out costs nothing. Of equal ways the one that skips about as many wins.
    """
    # costs[j]: from the settled words so far to the first j found.
    costs = np.arange(len(found) + 1, dtype=float)
    keys = [key(each) for each in found]
    for place, word in enumerate(map(key, settled)):
        left_out = 0.0 if place < loose else 1.0
        row = np.empty_like(costs)
        row[0] = costs[0] + left_out
        for j, other in enumerate(keys, 1):
            row[j] = min(costs[j - 1] + unlike(word, other), costs[j] + left_out, row[j - 1] + 1.0)
        costs = row
    wanted = len(settled)
    return min(range(len(costs)), key=lambda j: (round(float(costs[j]), 6), abs(j - wanted)))


def unlike(one: str, other: str) -> float:
    """How far two words differ, 0 to 1: letters changed, left out or put in, over those of the longer word."""
    if one == other:
        return 0.0
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        before, row[0] = row[0], i
        for j, also in enumerate(other, 1):
            before, row[j] = row[j], min(before + (letter != also), row[j] + 1, row[j - 1] + 1)
    return row[-1] / max(len(one), len(other), 1)
