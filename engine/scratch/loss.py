"""Cross-entropy at every frame, and its gradient."""

import numpy as np

from engine.scratch.cell import Array
from engine.scratch.output import softmax


def cross_entropy(y: Array, targets: Array, mask: Array, frames: int | None = None) -> tuple[Array, Array]:
    """Logits y [T, C, B] against the classes targets [T, B] -> the loss of each frame [T, B], and dy [T, C, B].

    forward:  loss = -log p[target],  p = softmax(y),  L = sum of the frames' losses / frames
    backward: dy = (p - 1[target]) / frames

    `mask` [T, B] is 1 where there is a frame and 0 in the padding, which adds nothing to loss or gradient.
    `frames` is how many there are in the batch; of a stretch of it, the number of the whole has to be told.
    """
    frames = int(mask.sum()) if frames is None else frames
    p = softmax(y)
    at_target = targets[:, None]  # [T, 1, B]
    chosen = np.take_along_axis(y, at_target, 1)
    greatest = y.max(1, keepdims=True)
    whole = greatest + np.log(np.exp(y - greatest).sum(1, keepdims=True))  # log of the sum of exp(y)
    each = (whole - chosen)[:, 0] * mask
    np.put_along_axis(p, at_target, np.take_along_axis(p, at_target, 1) - 1.0, 1)
    p *= (mask / max(frames, 1)).astype(p.dtype)[:, None]
    return each, p


def accuracy(y: Array, targets: Array, mask: Array) -> float:
    """The share of real frames whose most probable class is the target."""
    right = (y.argmax(1) == targets) & (mask > 0)
    return float(right.sum() / max(1, (mask > 0).sum()))
