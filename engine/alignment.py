"""Losses for strings whose places in time are known: frame by frame, and by CTC within those places."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.tasks.task import Batch

_NEVER = -40.0  # the logarithm of a probability that is as good as none


def losses(y: Any, lengths: Any, batch: Batch, stride: float, late: float, weight: float) -> Mapping[str, Any]:
    """Both terms in nats a label, for logits y [B, T, C] with their lengths [B].

    CTC counts `weight` exp(-loss of the frames): little until the frames are known. Before that it teaches the
    network to say nothing, and holds it there for hundreds of steps.
    `stride` input frames are one output frame; a label may come `late` input frames after its sound.
    """
    import torch
    from torch.nn import functional

    count = max(1, int(batch.target_lengths.sum()))
    wanted, weights, allowed = (
        torch.from_numpy(each).to(y.device) for each in _places(y, lengths, batch, stride, late)
    )
    each = functional.cross_entropy(y.transpose(1, 2), wanted, reduction="none")
    frames = (each * weights).sum() / max(1.0, float((wanted > 0).sum()))
    if weight == 0:
        return {"each frame": frames}
    log_probs = y.log_softmax(2)
    # What is not allowed becomes a class of its own that no string holds, so that probabilities still add up to 1.
    elsewhere = log_probs.masked_fill(allowed, _NEVER).logsumexp(2, keepdim=True)
    log_probs = torch.cat([log_probs.masked_fill(~allowed, _NEVER), elsewhere], 2)
    strings = functional.ctc_loss(
        log_probs.transpose(0, 1),
        torch.from_numpy(batch.targets).to(y.device),
        torch.as_tensor(lengths),
        torch.from_numpy(batch.target_lengths),
        reduction="sum",
        zero_infinity=True,
    )
    return {"each frame": frames, "CTC": weight * torch.exp(-frames.detach()) * strings / count}


def _places(y: Any, lengths: Any, batch: Batch, stride: float, late: float) -> tuple[Any, Any, Any]:
    """For each output frame: the class [B, T], its weight [B, T], and the classes CTC may use [B, T, C]."""
    assert batch.spans is not None
    size, frames, classes = y.shape
    wanted = np.zeros((size, frames), np.int64)
    weights = np.zeros((size, frames), np.float32)
    allowed = np.zeros((size, frames, classes), bool)
    allowed[:, :, 0] = True
    for row in range(size):
        # There is far more silence than speech, which would make a network that rather says nothing.
        weights[row, : int(lengths[row])] = 0.6
        for target, (start, stop) in zip(batch.targets[row], batch.spans[row], strict=True):
            if target == 0:
                continue
            first, middle = int(start / stride), int((start + stop) / 2 / stride)
            last = max(int((stop + 3) / stride), middle + 2)
            # In its first half a digit may be named or not; its first frames cannot tell it yet.
            weights[row, first:middle] = 0.0
            weights[row, first : min(first + 2, middle)] = 0.3
            weights[row, middle:last], wanted[row, middle:last] = 1.0, target
            allowed[row, first : int((stop + late) / stride) + 1, target] = True
    return wanted, weights, allowed
