"""Prefix beam search of CTC in NumPy, with a language model fused in, and the tree of all that it held.

A. Graves, "Supervised sequence labelling with recurrent neural networks" (2008), section 7.5.3; with a language
model: A. Hannun and others, "First-pass large vocabulary continuous speech recognition using bi-directional
recurrent DNNs" (2014). A prefix is scored by log p(labels | sound) + alpha log p(text) + beta |words|.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from engine import ctc, trellis
from engine.ctc import BLANK
from engine.hypothesis import Beam, Node, Prefix
from engine.spacing import Spacing

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

TOLD = 16
"""How many prefixes of the last frame are told, at the most."""


class Language(Protocol):
    """A language model that reads the labels of a network one after the other. Logarithms are natural."""

    def start(self) -> Hashable:
        """The state before the first label."""

    def scores(self, state: Any) -> Floats:
        """log p [C] that each label follows; 0 for the blank, and where a label decides nothing yet."""

    def follow(self, state: Any, label: int) -> Hashable:
        """The state after one more label."""

    def part(self, state: Any) -> Hashable:
        """The state where a word ends, if one is there, and another is to begin."""

    def end(self, state: Any) -> float:
        """log p that the text ends here."""


class Search:
    """The best label strings of log probabilities, frame by frame; `width` prefixes are kept after each.

    Those that lie more than `margin` nats behind the best go too. Those left at the end are scored exactly, by all
    their alignments, together with what greedy decoding reads: no beam is so narrow that it answers worse.
    """

    def __init__(
        self,
        vocabulary: Sequence[str],
        width: int = 16,
        *,
        language: Language | None = None,
        alpha: float = 0.0,
        beta: float = 0.0,
        margin: float = np.inf,
        context: Any = None,
    ) -> None:
        """`context`: what `after` gave of the search of what was said before; without, a sentence begins."""
        self.width, self.margin = width, margin
        self._tree = _Tree(vocabulary, language if alpha != 0.0 else None, alpha, beta, context)
        self._held, self._kept = _Held.first(self._tree), list[int]()

    @property
    def frames(self) -> int:
        """How many were searched."""
        return len(self._kept)

    def run(self, log_probs: NDArray[np.floating]) -> Beam:
        """All of log_probs [T, C] at once."""
        wide = np.asarray(log_probs, np.float64)
        self.push(wide)
        return self.beam(wide)

    def push(self, log_probs: Floats) -> None:
        """The next log_probs [n, C]."""
        for frame in log_probs:
            self._held = _stepped(self._held, frame, len(self._kept), self._tree, self.width, self.margin)
            self._kept.append(len(self._held.ids))

    def best(self) -> tuple[tuple[int, int], ...]:
        """Each label of the prefix that leads, and the frame at which it came into the beam."""
        return tuple(
            (self._tree.label[node], self._tree.came[node]) for node in self._tree.way(int(self._held.ids[0]))
        )

    def after(self) -> Any:
        """The language model's state after the prefix that leads, whose last word ends; None without a model."""
        state, language = self._tree.states[int(self._held.ids[0])], self._tree.language
        return language.part(state) if language is not None else None

    def beam(self, log_probs: Floats) -> Beam:
        """All that was found in log_probs [T, C], which are those that were pushed."""
        alive = frozenset(self._held.ids.tolist())
        ends = [*self._held.ids.tolist(), self._tree.add([run.label for run in ctc.greedy(log_probs)])]
        prefixes = _prefixes(log_probs, self._tree, dict.fromkeys(ends))
        nodes, kept = self._tree.frozen(alive, len(log_probs)), np.array(self._kept, np.int64)
        return Beam(prefixes[:TOLD], nodes, len(log_probs), self.width, kept)


def greedy(log_probs: NDArray[np.floating], vocabulary: Sequence[str]) -> Beam:
    """What greedy decoding reads of log_probs [T, C], as a beam of one prefix: a tree without branches."""
    wide = np.asarray(log_probs, np.float64)
    tree = _Tree(vocabulary, None, 0.0, 0.0)
    runs = ctc.greedy(wide)
    end = tree.add([run.label for run in runs])
    path = np.cumsum(wide.max(axis=1, initial=-np.inf))
    for node, run in enumerate(runs, 1):
        tree.came[node], tree.left[node], tree.score[node] = run.start, len(wide) - 1, 0.0
        tree.sound[node] = float(path[run.stop - 1])
    alive = frozenset((end,))
    return Beam(
        _prefixes(wide, tree, {end: None}), tree.frozen(alive, len(wide)), len(wide), 1, np.ones(len(wide), int)
    )


@dataclass(eq=False)
class _Tree:
    """Every prefix that was in the beam, and what the language model says of it."""

    vocabulary: Sequence[str]
    language: Language | None
    alpha: float
    beta: float
    context: Any = None
    parent: list[int] = field(default_factory=lambda: [-1])
    label: list[int] = field(default_factory=lambda: [BLANK])
    came: list[int] = field(default_factory=lambda: [0])
    left: list[int] = field(default_factory=lambda: [-1])
    score: list[float] = field(default_factory=lambda: [0.0])
    sound: list[float] = field(default_factory=lambda: [0.0])
    """Of each, log p of its labels in the sound at the frame of its best score."""
    told: list[float] = field(default_factory=lambda: [0.0])
    """The weighted log probability of the text of each, and what its words get."""
    words: list[int] = field(default_factory=lambda: [0])
    states: list[Any] = field(default_factory=list)
    children: dict[tuple[int, int], int] = field(default_factory=dict)
    rows: dict[int, Floats] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.language is not None and self.context is None:
            self.context = self.language.start()
        self.states.append(self.context)
        self.spacing = Spacing(self.vocabulary)
        # What a label that begins a word gets, where any but a divider does so, and elsewhere.
        self.fresh = np.where(self.spacing.divides, 0.0, self.beta)
        self.going = np.where(self.spacing.begins, self.beta, 0.0)

    def before(self, node: int) -> int | None:
        """The last label of a prefix, if it has any."""
        return self.label[node] if node else None

    def row(self, node: int) -> Floats:
        """What each label [C] adds to the score of a prefix, beside its sound."""
        found = self.rows.get(node)
        if found is None:
            found = self.fresh if self.spacing.fresh(self.before(node)) else self.going
            if self.language is not None:
                found = found + self.alpha * self.language.scores(self.states[node])
            self.rows[node] = found
        return found

    def child(self, node: int, label: int, frame: int) -> int:
        """The prefix with one more label; a new one where it was never held."""
        known = self.children.get((node, label))
        if known is not None:
            return known
        self.children[node, label] = new = len(self.parent)
        self.parent.append(node)
        self.label.append(label)
        self.came.append(frame)
        self.left.append(frame)
        self.score.append(-np.inf)
        self.sound.append(-np.inf)
        self.words.append(self.words[node] + self.spacing.begin(self.before(node), label))
        if self.language is not None:
            state = self.states[node]
            self.told.append(self.told[node] + self.alpha * float(self.language.scores(state)[label]))
            self.states.append(self.language.follow(state, label))
        else:
            self.told.append(0.0)
            self.states.append(None)
        return new

    def add(self, labels: Sequence[int]) -> int:
        """The node of a string, which need not have been in the beam."""
        node = 0
        for label in labels:
            node = self.child(node, label, -1)
        return node

    def way(self, node: int) -> tuple[int, ...]:
        """The nodes from the root, which is left out, to a prefix."""
        return tuple(reversed(list(self._upward(node))))

    def _upward(self, node: int) -> Iterator[int]:
        while node > 0:
            yield node
            node = self.parent[node]

    def frozen(self, alive: frozenset[int], frames: int) -> tuple[Node, ...]:
        """All nodes that the beam held. Those of the greedy reading alone have no frame, and come last."""
        return tuple(
            Node(
                each,
                self.parent[each],
                self.label[each],
                self.vocabulary[self.label[each]],
                self.came[each],
                frames - 1 if each in alive else self.left[each],
                self.score[each],
                each in alive,
                self.sound[each],
                self.told[each],
                self.beta * self.words[each],
            )
            for each in range(len(self.parent))
        )


@dataclass(frozen=True, eq=False)
class _Held:
    """The N prefixes held after a frame: their nodes, and log p [N] of ending in a blank and in a label."""

    ids: NDArray[np.int64]
    labels: NDArray[np.int64]
    parents: NDArray[np.int64]
    blank: Floats
    last: Floats
    added: Floats
    rows: Floats

    @staticmethod
    def first(tree: _Tree) -> _Held:
        zero, none = np.zeros(1, np.int64), np.full(1, -np.inf)
        return _Held(zero, zero, zero - 1, np.zeros(1), none, np.zeros(1), tree.row(0)[None])


def _stepped(held: _Held, frame: Floats, t: int, tree: _Tree, width: int, margin: float) -> _Held:
    """What is held after one more frame of log p [C]."""
    every, count = np.arange(len(held.ids)), len(frame)
    either = np.logaddexp(held.blank, held.last)
    stay_blank, stay_last = either + frame[BLANK], held.last + frame[held.labels]
    longer = either[:, None] + frame
    # The same label again is a new one only after a blank.
    longer[every, held.labels] = held.blank + frame[held.labels]
    longer[:, BLANK] = -np.inf
    # A prefix that is held already is reached from its parent too: both add up.
    places = {node: place for place, node in enumerate(held.ids.tolist())}
    for place, (parent, label) in enumerate(zip(held.parents.tolist(), held.labels.tolist(), strict=True)):
        above = places.get(parent)
        if above is not None and label != BLANK:
            stay_last[place] = np.logaddexp(stay_last[place], longer[above, label])
            longer[above, label] = -np.inf
    stay = np.logaddexp(stay_blank, stay_last) + held.added
    every_score = np.concatenate([stay, (longer + held.added[:, None] + held.rows).ravel()])
    chosen = _best(every_score, width, margin)
    top = every_score[chosen[0]]
    stays, grows = chosen[chosen < len(every)], chosen[chosen >= len(every)] - len(every)
    parents, labels = np.divmod(grows, count)
    new = [
        tree.child(parent, label, t)
        for parent, label in zip(held.ids[parents].tolist(), labels.tolist(), strict=True)
    ]
    ids = np.concatenate([held.ids[stays], np.array(new, np.int64)])
    scores = every_score[np.concatenate([stays, grows + len(every)])]
    added = np.concatenate([held.added[stays], held.added[parents] + held.rows[parents, labels]])
    for node, score, sound in zip(ids.tolist(), (scores - top).tolist(), (scores - added).tolist(), strict=True):
        tree.left[node] = t
        if score > tree.score[node]:
            tree.score[node], tree.sound[node] = score, sound
    return _Held(
        ids,
        np.concatenate([held.labels[stays], labels]),
        np.concatenate([held.parents[stays], held.ids[parents]]),
        np.concatenate([stay_blank[stays], np.full(len(new), -np.inf)]),
        np.concatenate([stay_last[stays], longer[parents, labels]]),
        added,
        np.stack([tree.row(node) for node in ids.tolist()]),
    )


def _best(scores: Floats, width: int, margin: float) -> NDArray[np.int64]:
    """The places of the `width` best scores, best first, of which none lies more than `margin` behind."""
    most = min(width, len(scores))
    chosen = np.argpartition(-scores, most - 1)[:most]
    chosen = chosen[np.argsort(-scores[chosen], kind="stable")]
    keep = scores[chosen] >= scores[chosen[0]] - margin
    return chosen[keep & (scores[chosen] > -np.inf) | (np.arange(len(chosen)) == 0)]


def _prefixes(log_probs: Floats, tree: _Tree, nodes: dict[int, None]) -> tuple[Prefix, ...]:
    """The prefixes of nodes, by their exact scores, best first, with where their labels lie."""
    ways = [tree.way(node) for node in nodes]
    strings = [tuple(tree.label[each] for each in way) for way in ways]
    acoustic = trellis.log_likelihoods(log_probs, strings)
    spans = trellis.align(log_probs, strings)
    found = []
    for node, way, string, sound, where in zip(nodes, ways, strings, acoustic.tolist(), spans, strict=True):
        told, model = tree.told[node], tree.language
        if model is not None:
            told += tree.alpha * model.end(tree.states[node])
        text = tuple(tree.vocabulary[label] for label in string)
        found.append(Prefix(string, text, sound, told, tree.beta * tree.words[node], where, way))
    return tuple(sorted(found, key=lambda prefix: -prefix.score))
