"""Hidden Markov models of words: phones of three states each, from left to right, and Viterbi's best path.

L. Rabiner, "A tutorial on hidden Markov models and selected applications in speech recognition" (1989). Emissions
come from outside, as log p(frame | state) up to what is alike for all states. Logarithms are natural.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

STATES = 3
"""States of a phone."""
SILENCE = "sil"
_STAY = 0.5
"""The chance of staying in a state before anything is known of it."""
_NEVER = -np.inf


def viterbi(emissions: Floats, arcs: Floats, start: Floats, end: Floats) -> tuple[float, Ints]:
    """The best path [T] through N nodes and its log probability, by emissions [T, N] and arcs [N, N] (from, to).

    A path begins by `start` [N] and ends by `end` [N]. Where none fits, the score is -inf and the path empty.
    """
    frames, count = emissions.shape
    if not frames:
        return _NEVER, np.zeros(0, np.int64)
    best, came, into = start + emissions[0], np.zeros((frames, count), np.int64), np.ascontiguousarray(arcs.T)
    every = np.arange(count)
    for t in range(1, frames):
        ways = into + best
        came[t] = ways.argmax(axis=1)
        best = ways[every, came[t]] + emissions[t]
    final = best + end
    score, path = float(final.max()), np.zeros(frames, np.int64)
    if score == _NEVER:
        return score, path[:0]
    path[-1] = final.argmax()
    for t in range(frames - 1, 0, -1):
        path[t - 1] = came[t, path[t]]
    return score, path


@dataclass(frozen=True)
class Lexicon:
    """How words are said: the phones of each. Silence is a phone of its own, the first one."""

    words: Mapping[str, tuple[str, ...]]

    @property
    def phones(self) -> tuple[str, ...]:
        return (SILENCE, *sorted({phone for said in self.words.values() for phone in said}))

    @property
    def count(self) -> int:
        """How many states there are in all, which words share: a phone has the same in each."""
        return STATES * len(self.phones)

    def states(self, word: str) -> list[int]:
        """The states of a word, or of silence, in order."""
        phones = self.phones
        said = (SILENCE,) if word == SILENCE else self.words[word]
        return [STATES * phones.index(phone) + place for phone in said for place in range(STATES)]


@dataclass(frozen=True, eq=False)
class Graph:
    """Nodes that stand for states [N], and arcs [N, N] between them; `words` [N] is what begins at each, or -1."""

    names: tuple[str, ...]
    states: Ints
    words: Ints
    arcs: Floats
    start: Floats
    end: Floats

    def best(self, logs: Floats) -> tuple[float, Ints]:
        """The best path [T] through the nodes, by log p(frame | state) [T, S] of every state."""
        return viterbi(logs[:, self.states], self.arcs, self.start, self.end)

    def said(self, path: Ints) -> list[tuple[str, int]]:
        """The words on a path of nodes, each with the frame in which it begins."""
        if not len(path):
            return []
        # A word that follows itself comes back to its first node from its last: never from the first.
        entered = np.flatnonzero(np.r_[True, path[1:] != path[:-1]])
        return [(self.names[self.words[path[t]]], int(t)) for t in entered if self.words[path[t]] >= 0]


def linear(lexicon: Lexicon, said: Sequence[str], stay: Floats) -> Graph:
    """The graph of a known string of words, with silence before, between and behind them, or without.

    `stay` [S] is the chance of staying in each state.
    """
    parts = [SILENCE]
    for word in said:
        parts += [word, SILENCE]
    chains = [lexicon.states(part) for part in parts]
    graph, firsts, lasts = _chained(parts, chains, stay)
    start, end = graph.start, graph.end
    start[firsts[0]] = end[lasts[-1]] = 0.0
    if said:
        start[firsts[1]] = end[lasts[-2]] = 0.0
    for place in range(len(parts) - 1):
        _join(graph, lasts[place], firsts[place + 1], stay, 0.0)
        if place % 2 and place + 2 < len(parts):  # from word to word without silence
            _join(graph, lasts[place], firsts[place + 2], stay, 0.0)
    return graph


def loop(lexicon: Lexicon, stay: Floats, penalty: float = 0.0) -> Graph:
    """The graph of any string of the lexicon's words, each as likely as another; `penalty` nats for each word."""
    parts = [SILENCE, *lexicon.words]
    graph, firsts, lasts = _chained(parts, [lexicon.states(part) for part in parts], stay)
    enter = -np.log(len(lexicon.words)) - penalty
    graph.start[firsts[0]] = graph.end[lasts[0]] = 0.0
    for place in range(1, len(parts)):
        graph.start[firsts[place]], graph.end[lasts[place]] = enter, 0.0
        _join(graph, lasts[0], firsts[place], stay, enter)
        _join(graph, lasts[place], firsts[0], stay, 0.0)
        for other in range(1, len(parts)):
            _join(graph, lasts[place], firsts[other], stay, enter)
    return graph


def flat(states: Sequence[int], frames: int) -> Ints:
    """The flat start: the states of a string [T], each for as long as another."""
    return np.asarray(states, np.int64)[np.arange(frames) * len(states) // max(1, frames)]


def durations(paths: Sequence[tuple[Graph, Ints]], count: int, share: float = 1.0) -> Floats:
    """The chance of staying [S] in each of `count` states, from the nodes of best paths.

    Of each state `share` of a visit of two frames is assumed, beside what was seen.
    """
    frames, visits = np.full(count, 2.0 * share), np.full(count, share)
    for graph, path in paths:
        if len(path):
            entered = np.r_[True, path[1:] != path[:-1]]
            frames += np.bincount(graph.states[path], minlength=count)
            visits += np.bincount(graph.states[path[entered]], minlength=count)
    return np.clip(1.0 - visits / frames, 0.05, 0.98)


def unknown(count: int) -> Floats:
    """The chance of staying [S] in each state before any alignment."""
    return np.full(count, _STAY)


def _chained(
    parts: Sequence[str], chains: Sequence[Sequence[int]], stay: Floats
) -> tuple[Graph, list[int], list[int]]:
    """A graph of chains that are not joined yet, with the first and last node of each."""
    states = np.array([state for chain in chains for state in chain], np.int64)
    count = len(states)
    arcs = np.full((count, count), _NEVER)
    arcs[np.arange(count), np.arange(count)] = np.log(stay[states])
    words, firsts, lasts, place = np.full(count, -1), [], [], 0
    for number, chain in enumerate(chains):
        firsts.append(place)
        if parts[number] != SILENCE:
            words[place] = number
        for node in range(place, place + len(chain) - 1):
            arcs[node, node + 1] = np.log1p(-stay[states[node]])
        place += len(chain)
        lasts.append(place - 1)
    start, end = np.full((2, count), _NEVER)
    return Graph(tuple(parts), states, words, arcs, start, end), firsts, lasts


def _join(graph: Graph, last: int, first: int, stay: Floats, weight: float) -> None:
    graph.arcs[last, first] = np.log1p(-stay[graph.states[last]]) + weight
