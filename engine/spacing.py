"""Where words begin in what a network writes: after a divider, at labels that begin with a space, or at each.

Characters have the divider " " (or "|"); syllables and whole words begin with a space where a word begins; labels
without any space, as digits and phonemes, are words each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

DIVIDERS = (" ", "|")


class Spacing:
    """What each of C labels does to words: `divides` and `begins` [C]; the blank, label 0, does neither."""

    def __init__(self, vocabulary: Sequence[str]) -> None:
        self.texts = tuple("" if each in DIVIDERS else each.strip() for each in vocabulary)
        self.divides = np.array([each in DIVIDERS for each in vocabulary], bool)
        spaced = [each.startswith(" ") for each in vocabulary]
        self.parted = bool(self.divides.any() or any(spaced))
        """Whether labels tell where words begin; else each is a word."""
        self.begins = (np.array(spaced, bool) | (not self.parted)) & ~self.divides
        self.begins[0] = False
        written = ~self.divides
        written[0] = False
        self.whole = bool(self.begins[written].all())
        """Whether every label that is written begins a word."""

    def fresh(self, last: int | None) -> bool:
        """Whether what comes after a label, or at the beginning, begins a word whatever it is."""
        return last is None or not self.parted or bool(self.divides[last])

    def begin(self, last: int | None, label: int) -> bool:
        """Whether a label begins a word after another."""
        return not self.divides[label] and (self.fresh(last) or bool(self.begins[label]))

    def words(self, labels: Sequence[int]) -> list[list[int]]:
        """The places of the labels of each word."""
        found: list[list[int]] = []
        last: int | None = None
        for place, label in enumerate(labels):
            if self.begin(last, label):
                found.append([place])
            elif not self.divides[label]:
                found[-1].append(place)
            last = label
        return found

    def write(self, labels: Sequence[int]) -> list[str]:
        """The words that labels write."""
        return ["".join(self.texts[labels[each]] for each in places) for places in self.words(labels)]
