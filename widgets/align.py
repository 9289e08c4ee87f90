"""Which decoded labels are right: the cheapest alignment of two sequences of texts (Levenshtein 1966)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from widgets.labels import Mark


def align(found: Sequence[str], truth: Sequence[str]) -> tuple[list[Mark], list[Mark]]:
    """A mark for every found text (right, wrong, extra) and every true one (right, wrong, missing)."""
    rows, columns = len(found), len(truth)
    cost = np.zeros((rows + 1, columns + 1), int)
    cost[:, 0], cost[0] = np.arange(rows + 1), np.arange(columns + 1)
    for i in range(1, rows + 1):
        for j in range(1, columns + 1):
            same = cost[i - 1, j - 1] + (found[i - 1] != truth[j - 1])
            cost[i, j] = min(same, cost[i - 1, j] + 1, cost[i, j - 1] + 1)
    mine: list[Mark] = ["extra"] * rows
    theirs: list[Mark] = ["missing"] * columns
    i, j = rows, columns
    while i and j:
        different = found[i - 1] != truth[j - 1]
        if cost[i, j] == cost[i - 1, j - 1] + different:
            mine[i - 1] = theirs[j - 1] = "wrong" if different else "right"
            i, j = i - 1, j - 1
        elif cost[i, j] == cost[i - 1, j] + 1:
            i -= 1
        else:
            j -= 1
    return mine, theirs
