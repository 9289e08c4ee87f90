"""The trellis of CTC: every alignment of a label string with the frames, by forward-backward and by Viterbi.

A. Graves and others, "Connectionist temporal classification" (2006), section 4. All is in logarithms: a string
that does not fit its sound is hundreds of nats away, where probabilities themselves are zero.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.ctc import BLANK
from engine.hypothesis import Span, Trellis

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

_CELLS = 1 << 25
"""Cells of trellises that are searched at once: a byte each."""


def softmax(logits: NDArray[np.floating]) -> Floats:
    """p of each class [T, C] of logits [T, C]."""
    odds = np.exp(np.asarray(logits, np.float64) - logits.max(axis=1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True))


def log_softmax(logits: NDArray[np.floating]) -> Floats:
    """log p of each class [T, C] of logits [T, C]."""
    wide = np.asarray(logits, np.float64)
    return wide - np.logaddexp.reduce(wide, axis=1, keepdims=True)


def loss(log_probs: NDArray[np.floating], labels: Sequence[int]) -> float:
    """CTC loss in nats, -log p(labels | sound), of log_probs [T, C]; infinite where the string does not fit."""
    return -float(log_likelihoods(log_probs, (labels,))[0])


def log_likelihoods(log_probs: NDArray[np.floating], strings: Sequence[Sequence[int]]) -> Floats:
    """log p(string | sound) [N] of N label strings, summed over every alignment with log_probs [T, C]."""
    frames, states, leap, ends = _laid(log_probs, strings)
    if not len(frames):
        return np.array([0.0 if len(string) == 0 else -np.inf for string in strings])
    alpha = _begin(frames[0][states])
    for frame in frames[1:]:
        alpha = _stepped(alpha, leap, np.logaddexp) + frame[states]
    return np.logaddexp(*_finals(alpha, ends))


def align(log_probs: NDArray[np.floating], strings: Sequence[Sequence[int]]) -> tuple[tuple[Span, ...], ...]:
    """The spans of each of N label strings in its single best alignment; none for one that does not fit."""
    _, paths = viterbi(log_probs, strings)
    probs = np.exp(np.asarray(log_probs, np.float64))
    return tuple(_spans(path, string, probs) for path, string in zip(paths, strings, strict=True))


def viterbi(log_probs: NDArray[np.floating], strings: Sequence[Sequence[int]]) -> tuple[Floats, tuple[Ints, ...]]:
    """The log probability [N] of the best alignment of each of N label strings, and its states [T], 0 to 2U.

    State 2u + 1 is label u, the even ones are blanks. A string that does not fit has -inf and an empty path.
    """
    frames, states, leap, ends = _laid(log_probs, strings)
    if not len(frames):
        return log_likelihoods(log_probs, strings), tuple(np.zeros(0, np.int64) for _ in strings)
    some = max(1, _CELLS // (len(frames) * states.shape[1]))
    if len(strings) > some:
        parts = [viterbi(log_probs, strings[place : place + some]) for place in range(0, len(strings), some)]
        return np.concatenate([each[0] for each in parts]), tuple(path for each in parts for path in each[1])
    best = _begin(frames[0][states])
    came = np.zeros((len(frames), *states.shape), np.int8)
    for t, frame in enumerate(frames[1:], 1):
        ways = np.stack(_ways(best, leap))
        came[t] = ways.argmax(axis=0)
        best = ways.max(axis=0) + frame[states]
    last = np.stack(_finals(best, ends))
    state = np.where(last[1] > last[0], ends - 2, ends - 1)
    paths, rows = np.zeros((len(strings), len(frames)), np.int64), np.arange(len(strings))
    for t in range(len(frames) - 1, -1, -1):
        paths[:, t] = state
        state = state - came[t, rows, state]
    scores = last.max(axis=0)
    return scores, tuple(path if score > -np.inf else path[:0] for path, score in zip(paths, scores, strict=True))


def trellis(log_probs: NDArray[np.floating], labels: Sequence[int]) -> Trellis:
    """The trellis of labels [U] over log_probs [T, C]. Raises ValueError for a label that there is no class of."""
    wide, (states,), leap, _ = _laid(log_probs, (labels,))
    emitted = wide[:, None, states]
    frames, width = len(emitted), len(states)
    alpha, beta = np.full((2, frames, width), -np.inf)
    log_prob = float(log_likelihoods(log_probs, (labels,))[0])
    best, paths = viterbi(log_probs, (labels,))
    if frames:
        alpha[0] = _begin(emitted[0])[0]
        for t in range(1, frames):
            alpha[t] = _stepped(alpha[t - 1 : t], leap, np.logaddexp)[0] + emitted[t, 0]
        # Backwards a path leaves a state by the same three ways by which it comes forward.
        ahead = np.full((frames, 1, width), -np.inf)
        ahead[-1, 0, max(0, width - 2) :] = 0.0
        back = np.concatenate([leap[:, 2:], np.zeros((1, min(2, width)), bool)], axis=1)[:, ::-1]
        for t in range(frames - 2, -1, -1):
            ahead[t] = _stepped((ahead[t + 1] + emitted[t + 1])[:, ::-1], back, np.logaddexp)[:, ::-1]
        beta = ahead[:, 0]
    fits = log_prob > -np.inf and frames > 0
    occupation = np.exp(alpha + beta - log_prob) if fits else np.zeros((frames, width))
    probs = np.exp(np.asarray(log_probs, np.float64))
    spans = _spans(paths[0], labels, probs)
    whole = tuple(int(label) for label in labels)
    return Trellis(whole, states, alpha, beta, occupation, paths[0], spans, log_prob, float(best[0]))


def _laid(
    log_probs: NDArray[np.floating], strings: Sequence[Sequence[int]]
) -> tuple[Floats, Ints, NDArray[np.bool_], Ints]:
    """log p [T, C], the class of each state [N, S], whether the blank before it may be left out, and S of each.

    Strings shorter than the longest are filled up with blanks, which nothing that counts comes back from.
    """
    wide = np.asarray(log_probs, np.float64)
    for label in {int(label) for string in strings for label in string}:
        if not BLANK < label < wide.shape[1]:
            raise ValueError(f"there is no label {label} among {wide.shape[1]} classes, of which 0 is the blank")
    ends = np.array([2 * len(string) + 1 for string in strings], np.int64)
    states = np.zeros((len(strings), int(ends.max(initial=1))), np.int64)
    for row, string in enumerate(strings):
        states[row, 1 : ends[row] : 2] = string
    leap = np.zeros(states.shape, bool)
    # The same label twice needs a blank between.
    leap[:, 2:] = (states[:, 2:] != BLANK) & (states[:, 2:] != states[:, :-2])
    return wide, states, leap, ends


def _begin(first: Floats) -> Floats:
    """Log probabilities [N, S] at the first frame: a path begins in the blank or in the first label."""
    began = np.full_like(first, -np.inf)
    began[:, :2] = first[:, :2]
    return began


def _ways(before: Floats, leap: NDArray[np.bool_]) -> tuple[Floats, Floats, Floats]:
    """Log probabilities [N, S] of coming to each state from itself, from the one before, and from two before."""
    one, two = np.full_like(before, -np.inf), np.full_like(before, -np.inf)
    one[:, 1:] = before[:, :-1]
    two[:, 2:] = np.where(leap[:, 2:], before[:, :-2], -np.inf)
    return before, one, two


def _stepped(before: Floats, leap: NDArray[np.bool_], either: np.ufunc) -> Floats:
    stay, one, two = _ways(before, leap)
    return either(either(stay, one), two)


def _finals(last: Floats, ends: Ints) -> tuple[Floats, Floats]:
    """Log probabilities [N] of ending in the last blank, and in the last label."""
    rows = np.arange(len(ends))
    return last[rows, ends - 1], np.where(ends > 1, last[rows, np.maximum(ends - 2, 0)], -np.inf)


def _spans(path: Ints, labels: Sequence[int], probs: Floats) -> tuple[Span, ...]:
    found = []
    for place, label in enumerate(labels if len(path) else ()):
        start, stop = np.searchsorted(path, (2 * place + 1, 2 * place + 2))
        sure = float(probs[start:stop, label].mean())
        found.append(Span(int(label), int(start), int(stop), sure))
    return tuple(found)
