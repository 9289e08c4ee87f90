"""The definition of CTC, for tests: every path, and what it collapses to."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

from engine import ctc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

Labels = tuple[int, ...]


def collapsed(path: Labels) -> Labels:
    """Repeats become one, then blanks go."""
    return tuple(label for label, _ in itertools.groupby(path) if label != ctc.BLANK)


def paths(log_probs: NDArray[np.floating]) -> Iterator[tuple[Labels, float]]:
    """Every path through log_probs [T, C] and its log probability."""
    for path in itertools.product(range(log_probs.shape[1]), repeat=len(log_probs)):
        yield path, float(sum(log_probs[t, label] for t, label in enumerate(path)))


def sums(log_probs: NDArray[np.floating]) -> dict[Labels, float]:
    """log p of every label string, as the sum over the paths that collapse to it."""
    found: dict[Labels, list[float]] = {}
    for path, log_prob in paths(log_probs):
        found.setdefault(collapsed(path), []).append(log_prob)
    return {labels: float(np.logaddexp.reduce(each)) for labels, each in found.items()}


def drawn(rng: np.random.Generator, frames: int, classes: int, sharp: float = 2.0) -> NDArray[np.float64]:
    """log p [T, C] drawn by chance; the larger `sharp`, the surer."""
    logits = sharp * rng.standard_normal((frames, classes))
    return logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)


def plain_beam(log_probs: NDArray[np.floating], width: int, extra: Callable[[Labels], float]) -> set[Labels]:
    """Prefix beam search as papers write it down: what is held at the end, ranked with `extra` for a text."""
    held: dict[Labels, tuple[float, float]] = {(): (0.0, -np.inf)}
    for frame in log_probs:
        longer: dict[Labels, list[list[float]]] = {}
        for prefix, (blank, last) in held.items():
            both = float(np.logaddexp(blank, last))
            ends = longer.setdefault(prefix, [[], []])
            ends[0].append(both + frame[ctc.BLANK])
            if prefix:
                ends[1].append(last + frame[prefix[-1]])
            for label in range(1, len(frame)):
                before = blank if prefix and prefix[-1] == label else both
                longer.setdefault((*prefix, label), [[], []])[1].append(before + frame[label])
        found = {
            prefix: (float(np.logaddexp.reduce([-np.inf, *blank])), float(np.logaddexp.reduce([-np.inf, *last])))
            for prefix, (blank, last) in longer.items()
        }
        found = {prefix: ends for prefix, ends in found.items() if max(ends) > -np.inf}
        ranked = sorted(found, key=lambda prefix: -np.logaddexp(*found[prefix]) - extra(prefix))
        held = {prefix: found[prefix] for prefix in ranked[:width]}
    return set(held)
