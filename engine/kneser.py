"""Training of n-gram models by interpolated modified Kneser-Ney smoothing, in NumPy.

S. Chen and J. Goodman, "An empirical study of smoothing techniques for language modeling" (1998), section 4;
pruning by the weighted difference of K. Seymore and R. Rosenfeld, "Scalable backoff language models" (1996).
"""

from __future__ import annotations

import collections
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from engine.ngram import (
    BEGIN,
    END,
    NEVER,
    SPECIAL,
    UNITS,
    UNKNOWN,
    Level,
    Ngram,
    NgramError,
    first,
    split,
    suffixes,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

HIGHEST = 10
_FALLBACK = np.array([0.0, 0.5, 1.0, 1.5])
"""Discounts of counts 0, 1, 2 and more where a text has too few to estimate them."""


def train(
    sentences: Iterable[str], unit: str, order: int, *, vocabulary: int | None = None, prune: float = 0.0
) -> Ngram:
    """A model of `order` from sentences, of the `vocabulary` commonest words (all of them unless it is told).

    Each n-gram goes without which the mean log probability of a unit of the text falls by less than `prune` nats.
    Raises NgramError for a text without words, ValueError for a unit or an order that cannot be.
    """
    if unit not in UNITS or not 1 <= order <= HIGHEST:
        raise ValueError(f"the unit is one of {', '.join(UNITS)}, the order 1 to {HIGHEST}")
    texts = [units for units in (split(text, unit) for text in sentences) if units]
    if not texts:
        raise NgramError("there is no sentence in the text")
    counted = collections.Counter(each for units in texts for each in units)
    ranked = sorted(counted, key=lambda each: (-counted[each], each))
    words = (*SPECIAL, *sorted(set(ranked[:vocabulary]) - set(SPECIAL)))
    ids = {word: place for place, word in enumerate(words)}
    stream = [place for units in texts for place in (BEGIN, *(ids.get(each, UNKNOWN) for each in units), END)]
    grown = _smoothed(_counted(np.array(stream, np.int64), len(words), order), len(words))
    levels = _pruned(grown, prune) if prune > 0 else [each.level for each in grown]
    return Ngram(unit, words, levels)


@dataclass(frozen=True, eq=False)
class _Grown:
    """A level, how often each of its n-grams was seen, and the counts that Kneser-Ney takes for it."""

    level: Level
    seen: Ints
    adjusted: Ints
    suffix: Ints


def _counted(stream: Ints, size: int, order: int) -> list[_Grown]:
    """The n-grams of a stream of sentences, each from BEGIN to END, that lie within one sentence."""
    sentence = np.cumsum(stream == BEGIN)
    seen, blank = np.bincount(stream, minlength=size), np.zeros(size)
    levels = [Level(np.zeros(size, np.int64), np.arange(size), np.array([0, size]), blank, blank)]
    counts, suffix, begins = [seen], [np.zeros(size, np.int64)], [np.arange(size) == BEGIN]
    nodes = stream
    for length in range(2, order + 1):
        within = sentence[: 1 - length] == sentence[length - 1 :]
        starts = np.flatnonzero(within)
        keys, where, inverse, count = np.unique(
            nodes[starts] * size + stream[starts + length - 1],
            return_index=True,
            return_inverse=True,
            return_counts=True,
        )
        parents, last = np.divmod(keys, size)
        blank = np.zeros(len(keys))
        levels.append(Level(parents, last, first(parents, len(levels[-1])), blank, blank))
        counts.append(count)
        suffix.append(nodes[starts[where] + 1])
        begins.append(begins[-1][parents])
        longer = np.zeros(len(stream), np.int64)
        longer[starts] = inverse
        nodes = longer
    grown = []
    for place, level in enumerate(levels):
        adjusted = counts[place]
        if place + 1 < order:  # how many words it was seen after; nothing comes before a sentence
            before = np.bincount(suffix[place + 1], minlength=len(level))
            adjusted = np.where(begins[place], 0 if place == 0 else counts[place], before)
        elif place == 0:
            adjusted = np.where(begins[0], 0, adjusted)
        grown.append(_Grown(level, counts[place], adjusted, suffix[place]))
    return grown


def _discounts(adjusted: Ints) -> Floats:
    """How much is taken off counts of 0, 1, 2, and 3 or more."""
    ones = np.array([np.count_nonzero(adjusted == count) for count in range(1, 5)], float)
    if not ones.all():
        return _FALLBACK
    share = ones[0] / (ones[0] + 2 * ones[1])
    found = np.array([0.0, *(k - (k + 1) * share * ones[k] / ones[k - 1] for k in (1, 2, 3))])
    return found if (found >= 0).all() and (found <= np.arange(4)).all() else _FALLBACK


def _smoothed(grown: Sequence[_Grown], size: int) -> list[_Grown]:
    """The levels with their probabilities, from the shortest n-grams to the longest."""
    found: list[_Grown] = []
    lower = np.full(1, 1.0 / (size - 1))  # every word but BEGIN is as likely as another
    for place, each in enumerate(grown):
        level, counts = each.level, each.adjusted.astype(float)
        off = _discounts(each.adjusted)[np.minimum(each.adjusted, 3)]
        above = len(grown[place - 1].level) if place else 1
        totals = np.bincount(level.parents, counts, above)
        freed = np.bincount(level.parents, off, above)
        share = np.divide(freed, totals, out=np.ones(above), where=totals > 0)
        probs = (counts - off) / np.where(totals > 0, totals, 1.0)[level.parents]
        probs += share[level.parents] * lower[each.suffix]
        if place == 0:
            probs[BEGIN] = 0.0
        else:
            found[-1] = replace(found[-1], level=replace(found[-1].level, backoffs=_logs(share)))
        found.append(replace(each, level=replace(level, logs=_logs(probs), backoffs=np.zeros(len(level)))))
        lower = probs
    return found


def _pruned(grown: Sequence[_Grown], least: float) -> list[Level]:
    """The levels without n-grams that do little; what lies on the way to a longer one that is kept stays."""
    kept = [np.ones(len(each.level), bool) for each in grown]
    total = float(grown[0].seen.sum())
    for place in range(len(grown) - 1, 0, -1):
        level, below = grown[place].level, grown[place - 1].level
        back = below.backoffs[level.parents] + below.logs[grown[place].suffix]
        worth = grown[place].seen / total * (level.logs - back)
        needed = np.zeros(len(level), bool)
        if place + 1 < len(grown):
            longer = grown[place + 1]
            needed[longer.level.parents[kept[place + 1]]] = True
            needed[longer.suffix[kept[place + 1]]] = True
        kept[place] = needed | (worth >= least)
    levels, places = [grown[0].level], np.arange(len(grown[0].level))
    for each, keep in zip(grown[1:], kept[1:], strict=True):
        level = each.level
        parents = places[level.parents[keep]]
        zeros = np.zeros(int(keep.sum()))
        levels.append(Level(parents, level.words[keep], first(parents, len(levels[-1])), level.logs[keep], zeros))
        places = np.cumsum(keep) - 1
    return backed([level for level in levels if len(level)])


def backed(levels: Sequence[Level]) -> list[Level]:
    """The levels with those backoff weights with which every context's probabilities add up to 1."""
    found, below = list(levels), suffixes(levels)
    for place in range(1, len(levels)):
        level, shorter = levels[place], levels[place - 1]
        above = len(shorter)
        left = 1.0 - np.bincount(level.parents, np.exp(level.logs), above)
        there = 1.0 - np.bincount(level.parents, np.exp(shorter.logs[below[place]]), above)
        weights = np.maximum(left, 1e-9) / np.maximum(there, 1e-9)
        weights[np.diff(level.first) == 0] = 1.0
        found[place - 1] = replace(found[place - 1], backoffs=_logs(weights))
    return found


def _logs(probs: Floats) -> Floats:
    return np.log(probs, out=np.full(len(probs), NEVER), where=probs > 0)
