"""Texts that are parts of one: the words that a normaliser makes of all together, and of which text each is."""

from __future__ import annotations

import functools
from itertools import pairwise
from typing import TYPE_CHECKING

from engine import edit, normaliser

if TYPE_CHECKING:
    from collections.abc import Sequence

REACH = 6
"""How many texts with a word in them what comes behind may tell, at most. "hundred and a half" are four."""
LONGEST = 4 * REACH
"""Texts that are looked at together, as long as they can be parted."""


def words(texts: Sequence[str], name: str = normaliser.DEFAULT) -> tuple[str, ...]:
    """Of all together. Raises UnknownNormaliser."""
    return normaliser.words(" ".join(texts), name)


def apart(texts: Sequence[str], name: str = normaliser.DEFAULT) -> int:
    """How many of these, the first ones, make the words that they make alone, whatever comes behind them all."""
    spoken = [place for place, text in enumerate(texts) if _alone(text, name)]
    if len(spoken) <= REACH:
        return 0
    whole, places = words(texts, name), range(spoken[-REACH], 0, -1)
    return next((k for k in places if words(texts[:k], name) + words(texts[k:], name) == whole), 0)


def owned(texts: Sequence[str], name: str = normaliser.DEFAULT) -> list[tuple[str, int]]:
    """The words of all together, each with the place of the text that it is from. Raises UnknownNormaliser."""
    cuts, due = [0], LONGEST
    for end in range(1, len(texts)):
        if end - cuts[-1] >= due:
            part = apart(texts[cuts[-1] : end], name)
            due = LONGEST if part else 2 * due  # dashes alone, by the thousand, cannot be parted
            cuts += [cuts[-1] + part] if part else []
    cuts.append(len(texts))
    return [found for start, stop in pairwise(cuts) for found in _owned(texts[start:stop], start, name)]


@functools.lru_cache(4096)
def _alone(text: str, name: str) -> tuple[str, ...]:
    return normaliser.words(text, name)


def _owned(texts: Sequence[str], first: int, name: str) -> list[tuple[str, int]]:
    each = [(word, place) for place, text in enumerate(texts, first) for word in _alone(text, name)]
    alone, whole = tuple(word for word, _ in each), words(texts, name)
    if whole == alone or not each:
        return each
    # What is said alike is told by words beside it, too. What no text has alone, as "$ 5", is of the one before.
    steps = edit.align(alone, whole).steps
    return [(whole[i], each[max(0, j - (kind == "delete"))][1]) for kind, i, j in steps if kind != "insert"]
