"""How well scores put what is there before what is not: average precision, and its mean over classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def average_precision(scores: NDArray[np.floating], there: NDArray[np.bool_]) -> float:
    """AP = sum over falling thresholds n of (R_n - R_n-1) P_n, from scores [N] and what is there [N].

    P_n is the precision and R_n the recall of all scores from threshold n on; equal scores share one. NaN where
    nothing is there.
    """
    if not there.any():
        return float("nan")
    order = np.argsort(-scores, kind="stable")
    found = np.cumsum(there[order])
    last = np.r_[np.flatnonzero(np.diff(scores[order])), len(scores) - 1]
    precision, recall = found[last] / (last + 1), found[last] / found[-1]
    return float(np.sum(np.diff(recall, prepend=0.0) * precision))


def mean_average_precision(scores: NDArray[np.floating], there: NDArray[np.bool_]) -> float:
    """mAP: the mean of the average precisions of the classes that occur, from scores and presence [N, C]."""
    each = [average_precision(scores[:, c], there[:, c]) for c in range(scores.shape[1]) if there[:, c].any()]
    return float(np.mean(each)) if each else float("nan")
