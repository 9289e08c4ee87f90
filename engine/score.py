"""Scores: what a network reads in a batch, against what was said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engine.clip import Label
    from engine.tasks.task import Batch, Task


def errors(
    task: Task, logits: NDArray[np.float32], lengths: Sequence[int], batch: Batch, seconds: float
) -> tuple[int, int]:
    """Edit operations and length of the truth over logits [B, T, C], in frames of so many seconds."""
    edits, among = 0, 0
    own = getattr(task, "wrong", None)
    for item, length in enumerate(lengths):
        if own is not None:
            wrong, count = own(logits[item, :length], batch, item)
            edits, among = edits + wrong, among + count
            continue
        found = _text(task, logits[item, :length], seconds)
        wrong, count = task.errors(found, truth(task, batch, item, seconds))
        edits, among = edits + wrong, among + count
    return edits, among


def labels(task: Task, found: Sequence[Label], truth: Sequence[Label]) -> tuple[int, int]:
    """What is wrong among labels, and of how many: by their texts, or by their times too if the task does so."""
    own = getattr(task, "miscounted", None)
    if own is not None:
        wrong, among = own(found, truth)
        return wrong, among
    return task.errors([each.text for each in found], [each.text for each in truth])


def truth(task: Task, batch: Batch, item: int, seconds: float) -> tuple[str, ...]:
    """What was said in one item. CTC targets are the text itself; frame targets are decoded as sure outputs."""
    own = getattr(task, "truth", None)
    if own is not None:
        return tuple(own(batch, item))
    targets = batch.targets[item, : batch.target_lengths[item]]
    if task.vocabulary[0] == "":
        return tuple(task.vocabulary[index] for index in targets)
    sure = np.full((len(targets), len(task.vocabulary)), -30.0, np.float32)
    sure[np.arange(len(targets)), targets] = 30.0
    return _text(task, sure, seconds)


def _text(task: Task, logits: NDArray[np.float32], seconds: float) -> tuple[str, ...]:
    return tuple(label.text for label in task.decode(logits, seconds))
