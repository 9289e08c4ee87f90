"""A lattice of alternatives under the words: hypotheses aligned word by word into a confusion network.

After L. Mangu, E. Brill and A. Stolcke, "Finding consensus in speech recognition" (2000), with the best hypothesis
as the pivot: each other one is laid against the slots so far by the fewest edits, of words that overlap in time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from engine.hypothesis import Alternative, Lattice, Slot
from engine.spacing import Spacing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.hypothesis import Prefix


@dataclass(frozen=True)
class Said:
    """A word of a hypothesis, from frame `start` to before `stop`; `confidence` is the mean of its labels'."""

    text: str
    start: int
    stop: int
    confidence: float


def words(prefix: Prefix, vocabulary: Sequence[str]) -> tuple[Said, ...]:
    """The words of a prefix, with their times."""
    return tuple(_said(prefix, places) for places in Spacing(vocabulary).words(prefix.labels))


def lattice(prefixes: Sequence[Prefix], vocabulary: Sequence[str]) -> Lattice:
    """The confusion network of prefixes, best first, each weighed by exp(score): its share of all of them."""
    if not prefixes:
        return Lattice(())
    scores = np.array([prefix.score for prefix in prefixes])
    shares = np.exp(scores - np.logaddexp.reduce(scores))
    slots: list[_Open] = []
    for prefix, share in zip(prefixes, shares.tolist(), strict=True):
        slots = _joined(slots, words(prefix, vocabulary), share)
    return Lattice(tuple(slot.frozen() for slot in slots))


@dataclass(eq=False)
class _Open:
    """A slot that is being filled: the share of each of its words."""

    start: int
    stop: int
    shares: dict[str, float] = field(default_factory=dict)

    def frozen(self) -> Slot:
        nothing = max(0.0, 1.0 - sum(self.shares.values()))
        every = [Alternative(text, share) for text, share in self.shares.items()]
        every += [Alternative("", nothing)] if nothing > 1e-9 else []
        return Slot(self.start, self.stop, tuple(sorted(every, key=lambda each: -each.posterior)))

    def cost(self, word: Said) -> float:
        """What it costs to say that this word stands here: another word, or another time."""
        apart = word.stop <= self.start or self.stop <= word.start
        return (0.0 if word.text in self.shares else 1.0) + (1.5 if apart else 0.0)


def _said(prefix: Prefix, places: Sequence[int]) -> Said:
    spans = [prefix.spans[place] for place in places]
    text = "".join(prefix.text[place].strip() for place in places)
    return Said(text, spans[0].start, spans[-1].stop, float(np.mean([span.confidence for span in spans])))


def _joined(slots: list[_Open], said: Sequence[Said], share: float) -> list[_Open]:
    """The slots with one more hypothesis, laid against them by the fewest edits."""
    costs = np.zeros((len(slots) + 1, len(said) + 1))
    costs[:, 0], costs[0] = np.arange(len(slots) + 1), np.arange(len(said) + 1)
    for i, slot in enumerate(slots, 1):
        for j, word in enumerate(said, 1):
            together = costs[i - 1, j - 1] + slot.cost(word)
            costs[i, j] = min(together, costs[i - 1, j] + 1, costs[i, j - 1] + 1)
    found: list[_Open] = []
    i, j = len(slots), len(said)
    while i or j:
        if i and j and costs[i, j] == costs[i - 1, j - 1] + slots[i - 1].cost(said[j - 1]):
            i, j = i - 1, j - 1
            text = said[j].text
            slots[i].shares[text] = slots[i].shares.get(text, 0.0) + share
            found.append(slots[i])
        elif i and costs[i, j] == costs[i - 1, j] + 1:
            i -= 1
            found.append(slots[i])
        else:
            j -= 1
            found.append(_Open(said[j].start, said[j].stop, {said[j].text: share}))
    return found[::-1]
