"""A task: what is learnt. Corpus, front end, target, loss, metrics, decoding, and one pinned example."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from engine.clip import Clip, Label
    from engine.knob import Settings
    from engine.stages.stage import Link


@dataclass(frozen=True, eq=False)
class Batch:
    """Features x [B, T, F] with lengths [B]; targets [B, U] with lengths [B]; NumPy, padded with zeros.

    Where several classes can be true at once, targets are [B, U, C] of 0 and 1.

    `spans` [B, U, 2] says, where it is known, from which to which frame of x each target sounds. Where the target
    is a sound, `sounds` [B, 2, n] are the noisy and the clean one, and targets are a zero an item. `texts` are
    what was said, where targets may not hold all of it.
    """

    x: NDArray[np.float32]
    lengths: NDArray[np.int64]
    targets: NDArray[np.int64]
    target_lengths: NDArray[np.int64]
    spans: NDArray[np.float32] | None = None
    sounds: NDArray[np.float32] | None = None
    texts: tuple[str, ...] | None = None


class Task(Protocol):
    """Knows no model; names the one it is usually solved by."""

    rate: int
    frontend: tuple[Link, ...]
    vocabulary: tuple[str, ...]
    """What the outputs mean, in order; a CTC task has its blank first, written as an empty string."""
    model: str

    def batch(self, split: str, index: int, size: int, seed: int) -> Batch:
        """The index-th batch of a split; same arguments, same bytes. Only `train` is augmented."""

    def batches(self, split: str, size: int) -> int: ...

    def loss(self, y: Any, out_lengths: Any, batch: Batch) -> Mapping[str, Any]:
        """The terms of the loss as torch scalars; what is minimised is their sum."""

    def decode(self, logits: NDArray[np.float32], seconds_per_frame: float) -> tuple[Label, ...]:
        """Text with times from logits [T, C], in NumPy: the same for a clip and for a live stream's frames."""

    def errors(self, found: Sequence[str], truth: Sequence[str]) -> tuple[int, int]:
        """Edit operations and length of the truth: their totals over many clips give the error rate."""

    def pinned(self) -> Clip:
        """The example that is watched while training; never one of the training clips."""


class TaskModule(Protocol):
    """A leaf of engine/tasks. `TIER` names the label tier that it reads and writes.

    It may have AUGMENT, the names of those knobs that make training harder: a recipe writes them into [augment].
    A task whose targets are neither CTC texts nor a class a frame has `truth(batch, item) -> texts` too; one that
    asks at some frames only has `wrong(logits, batch, item) -> (wrong, asked)`. `apart` says that its classes do
    not exclude each other. Where labels count by their times too, it has `miscounted(found, truth) -> (wrong, of
    how many)`, and its module `matches(found, truth)`, the pairs that belong together, by their places. One that
    names every frame has `asked(labels, first, rate, count) -> classes [count]`: what is to be said at each.
    SET is true in the module of one whose labels have no order, and are there or not.
    One that makes sound of the answers has `cleaned(logits, sound, frames) -> sound`, and `gains(logits, frames)`,
    how much it leaves of each frequency; `joins` is how many frames after one its sound waits for.
    `clipwise` says that it asks once a clip (engine/clipwise.py), and `knobs` are those of its model that it wants
    to be other than they usually are. What is no sum over batches it tells of a whole split by `figures(scores,
    targets)`, [N, C] each; `scores(y, out_lengths)` are those of a batch. What is the mean over clips it tells of
    each by `measure(y, out_lengths, batch) -> values [B] by name`. What it looks at in every step of a training it
    tells by `watch(y, out_lengths, batch) -> values by name`, and by `alarm(values)` what is wrong with these.
    One that leaves a part of its corpus out of training says so by `notice()`, empty where it does not. One whose
    vocabulary is found in recordings has a module function `costly(settings, model)`, which tells what its outputs
    cost before they are built, and may `adopt(vocabulary)`, so that a network can be used without them.
    One whose network is to fool another has `opponent(seed, device) -> Adversary or None` (engine/adversary.py).
    LENGTH names the knob by which its sequences grow longer, AHEAD the one by which it answers so many frames
    later, and `chance(settings)` tells the error of guessing. Where METRIC is the error of texts, WER or CER,
    `normaliser(settings)` names what they are compared by (engine/normaliser.py).
    """

    Settings: type[Settings]
    TIER: str
    METRIC: str

    def build(self, settings: Any) -> Task: ...


def numbers(count: int, split: str, index: int, size: int, seed: int) -> tuple[int, list[int]]:
    """The epoch of the index-th batch, and which of the `count` clips of the split are in it.

    They come in order, and those of training in one drawn from the seed and the epoch.
    """
    epoch, place = divmod(index, -(-count // size))
    order = np.arange(count)
    if split == "train":
        order = np.random.default_rng([seed, epoch]).permutation(count)
    return epoch, order[place * size : (place + 1) * size].tolist()
