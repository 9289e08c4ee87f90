"""What a CTC decoder found, as frozen values that can be drawn: beam tree, trellis, alignment, lattice.

Frames are those of the network's outputs; whoever draws them knows their clock. Labels are indices into the
network's vocabulary, whose entry 0 is the blank. Logarithms are natural.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Span:
    """A label that was said from frame `start` up to but not including `stop`.

    `confidence`, 0 to 1, is the mean probability of the label in these frames.
    """

    label: int
    start: int
    stop: int
    confidence: float


@dataclass(frozen=True)
class Prefix:
    """A string of labels that the beam held at its end, and where each of them lies.

    `acoustic` is log p(labels | sound) summed over every alignment, `language` the weighted log probability of the
    text, `bonus` what its words get; the beam is ordered by `score`, the sum. `spans` are those of the best single
    alignment. `nodes` is its way through the tree, without the root: one a label.
    """

    labels: tuple[int, ...]
    text: tuple[str, ...]
    acoustic: float
    language: float
    bonus: float
    spans: tuple[Span, ...]
    nodes: tuple[int, ...]

    @property
    def score(self) -> float:
        return self.acoustic + self.language + self.bonus


@dataclass(frozen=True)
class Node:
    """A prefix that was in the beam, as its parent in the tree with one more label.

    Node 0 is the root, the empty prefix, with parent -1 and label 0. It came in at frame `frame` and was last in
    the beam at `last`; `alive` says whether it was there at the end. `score` is the best that it ever had among
    those of its frame: 0 where it was the best prefix, else how far in nats it lay behind. Then `acoustic` was its
    log p(labels | sound so far), of the paths that the beam held (greedy: of the one that it took); `language` is
    the weighted log probability of its text so far, and `bonus` what its words get.
    """

    id: int
    parent: int
    label: int
    text: str
    frame: int
    last: int
    score: float
    alive: bool
    acoustic: float
    language: float
    bonus: float


@dataclass(frozen=True, eq=False)
class Beam:
    """What a prefix beam search over `frames` frames found: prefixes best first, and the tree of all that it held.

    `kept` [T] is how many prefixes were in the beam after each frame.
    """

    prefixes: tuple[Prefix, ...]
    nodes: tuple[Node, ...]
    frames: int
    width: int
    kept: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Trellis:
    """Every alignment of `labels` [U] with the frames, in S = 2U + 1 states: blanks between and around the labels.

    `states` [S] is the class of each; `forward` and `backward` [T, S] are the logarithms of alpha and beta of the
    recursions (both with the frame's own probability in alpha alone); `occupation` [T, S] is the chance of being
    there given the labels, whose rows add up to 1; `path` [T] the state of the single best alignment. `log_prob`
    is log p(labels | sound), `best` that of the path alone. Where no alignment fits, both are -inf, the occupation
    is zero, and the path is empty.
    """

    labels: tuple[int, ...]
    states: NDArray[np.int64]
    forward: NDArray[np.float64]
    backward: NDArray[np.float64]
    occupation: NDArray[np.float64]
    path: NDArray[np.int64]
    spans: tuple[Span, ...]
    log_prob: float
    best: float


@dataclass(frozen=True)
class Alternative:
    """A word that may have been said in a slot, and the share of hypotheses that say so; `text` "" is no word."""

    text: str
    posterior: float


@dataclass(frozen=True)
class Slot:
    """Words that exclude each other, likeliest first, from frame `start` to before `stop`; they add up to 1."""

    start: int
    stop: int
    alternatives: tuple[Alternative, ...]


@dataclass(frozen=True)
class Lattice:
    """A confusion network: slots in the order of time. The best hypothesis takes one of each slot's words."""

    slots: tuple[Slot, ...]

    @property
    def words(self) -> tuple[str, ...]:
        """The likeliest word of each slot, where it is one."""
        return tuple(slot.alternatives[0].text for slot in self.slots if slot.alternatives[0].text)
