"""Clipping: gradients that are too long are made shorter before they become a step."""

from collections.abc import Iterable

import numpy as np

from engine.scratch.cell import Array


def norm(grads: Iterable[Array]) -> float:
    """The length of all gradients taken as one vector."""
    return float(np.sqrt(sum(float(np.sum(np.square(each, dtype=np.float64))) for each in grads)))


def clip_norm(grads: Iterable[Array], most: float) -> tuple[float, float]:
    """Scale all in place so that their norm is at most `most`; the norm before, and after. 0 clips nothing.

    The direction stays: every gradient is multiplied by the same number.
    """
    grads = list(grads)
    before = norm(grads)
    if 0.0 < most < before:
        for each in grads:
            each *= most / before
        return before, most
    return before, before


def clip_value(grads: Iterable[Array], most: float) -> float:
    """Cut each number in place to `most` either way; the angle in radians by which the whole was turned."""
    grads = list(grads)
    old = np.concatenate([each.ravel() for each in grads]).astype(np.float64)
    for each in grads:
        np.clip(each, -most, most, out=each)
    new = np.concatenate([each.ravel() for each in grads]).astype(np.float64)
    lengths = float(np.linalg.norm(old) * np.linalg.norm(new))
    return float(np.arccos(min(1.0, float(old @ new) / lengths))) if lengths else 0.0
