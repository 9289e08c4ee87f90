"""Edit distance: the fewest substitutions, insertions and deletions that turn one sequence into another."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def distance(found: Sequence[str], truth: Sequence[str]) -> int:
    """V. Levenshtein's distance (1965): row i holds the cost of each prefix of `truth` for found[:i]."""
    row = list(range(len(truth) + 1))
    for i, item in enumerate(found, 1):
        diagonal, row[0] = row[0], i
        for j, wanted in enumerate(truth, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (item != wanted))
    return row[-1]
