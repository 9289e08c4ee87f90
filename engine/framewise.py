"""A class a frame: the truth at every frame, and the cross entropy against it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engine.clip import Label
    from engine.tasks.task import Batch


class TargetError(ValueError):
    """Targets that a loss cannot be taken against; the message says which loss can."""


def classes(
    labels: Sequence[Label], times: NDArray[np.floating], names: Sequence[str], tier: str
) -> NDArray[np.int64]:
    """The index in `names` [T] of the label of `tier` at each time in seconds; the first name where there is none.

    A label ends before its `end`; one whose text is not in `names` is skipped.
    """
    found = np.zeros(len(times), np.int64)
    for label in labels:
        if label.tier == tier and label.text in names:
            found[(times >= label.start) & (times < label.end)] = names.index(label.text)
    return found


def surprise(logits: NDArray[np.floating], truth: NDArray[np.int64]) -> NDArray[np.float32]:
    """-log p of the true class [T] at each frame, in nats [T, 1], of logits [T, C]. Cross entropy is its mean."""
    wide = logits.astype(np.float64)
    total = np.logaddexp.reduce(wide, axis=1, keepdims=True)
    return (total - np.take_along_axis(wide, truth[:, None], axis=1)).astype(np.float32)


def cross_entropy(y: Any, out_lengths: Any, batch: Batch) -> Any:
    """Nats a frame of logits y [B, T', C] against the classes [B, T] of the frames; padding counts nowhere.

    Raises TargetError where a clip has not as many targets as frames: which of them is meant where is not said.
    """
    import torch

    wrong = np.flatnonzero(batch.target_lengths != batch.lengths)
    if len(wrong):
        frames, targets = batch.lengths[wrong[0]], batch.target_lengths[wrong[0]]
        raise TargetError(
            f"cross entropy needs a target for every frame, and clip {wrong[0] + 1} of the batch has {frames} "
            f"frames but {targets} targets; take CTC for it, which finds their places by itself "
            "(torch.nn.functional.ctc_loss, as the task digits does), or label every frame"
        )
    targets = torch.as_tensor(strided(batch.targets, y.shape[1]), device=y.device)
    lengths = torch.as_tensor(out_lengths, device=y.device)
    real = torch.arange(y.shape[1], device=y.device)[None, :] < lengths[:, None]
    return torch.nn.functional.cross_entropy(y[real], targets[real])


def accuracy(
    logits: NDArray[np.floating], targets: NDArray[np.int64], lengths: NDArray[np.int64]
) -> tuple[int, int]:
    """Frames of logits [B, T, C] called rightly, and how many there are; padding is neither."""
    real = np.arange(logits.shape[1])[None, :] < np.asarray(lengths)[:, None]
    right = logits.argmax(axis=2) == strided(targets, logits.shape[1])
    return int(np.count_nonzero(right & real)), int(np.count_nonzero(real))


def strided(targets: NDArray[np.int64], frames: int) -> NDArray[np.int64]:
    """The targets [B, T] that fall on the `frames` output frames of a model that skips some."""
    return targets[:, :: max(1, round(targets.shape[1] / max(frames, 1)))][:, :frames]
