"""Buckets: items of about equal length put into one batch, so that there is little padding."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def buckets(lengths: Sequence[int], size: int) -> list[NDArray[np.int64]]:
    """Indices of up to `size` items of similar length a batch, shortest first."""
    order = np.argsort(np.asarray(lengths), kind="stable")
    return [order[start : start + size] for start in range(0, len(order), size)]


def padding(lengths: Sequence[int], batches: Sequence[NDArray[np.int64]]) -> float:
    """The share of padding in all batches, 0 to 1, where each is as long as its longest item."""
    known = np.asarray(lengths)
    whole = sum(int(known[batch].max()) * len(batch) for batch in batches)
    return 1.0 - sum(int(known[batch].sum()) for batch in batches) / whole if whole else 0.0
