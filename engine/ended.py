"""Texts that have a length of their own: an output after another, until class 0 ends them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from engine.clip import Label
from engine.edit import distance

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from engine.tasks.task import Batch

END = "end"
"""The first of a vocabulary."""


class Ended:
    """What tasks share whose network writes its outputs one after another; their targets [B, U] hold the end."""

    vocabulary: tuple[str, ...]

    def errors(self, found: Sequence[str], truth: Sequence[str]) -> tuple[int, int]:
        return distance(found, truth), len(truth)

    def loss(self, y: Any, out_lengths: Any, batch: Batch) -> Mapping[str, Any]:
        """Nats an output, the end too, of those that y [B, U, C] reaches."""
        import torch

        count = min(y.shape[1], batch.targets.shape[1])
        targets = torch.as_tensor(batch.targets[:, :count], device=y.device)
        real = torch.arange(count)[None] < torch.as_tensor(batch.target_lengths)[:, None]
        real = real.to(y.device)
        return {"cross entropy": torch.nn.functional.cross_entropy(y[:, :count][real], targets[real])}

    def wrong(self, logits: NDArray[np.float32], batch: Batch, item: int) -> tuple[int, int]:
        """Edit operations from what logits [U, C] write to what was to be written, and how long that is."""
        return self.errors(self.read(logits), self.truth(batch, item))

    def truth(self, batch: Batch, item: int) -> tuple[str, ...]:
        return self.named(batch.targets[item, : batch.target_lengths[item]])

    def read(self, logits: NDArray[np.float32]) -> tuple[str, ...]:
        """The likeliest of logits [U, C], up to the end."""
        return self.named(np.argmax(logits, axis=1)) if len(logits) else ()

    def named(self, classes: NDArray[np.int64]) -> tuple[str, ...]:
        """The names of classes [U] up to the end."""
        ends = np.flatnonzero(classes == 0)
        return tuple(self.vocabulary[each] for each in classes[: ends[0] if len(ends) else len(classes)].tolist())


def spread(names: Sequence[str], seconds: float, half: float, tier: str) -> tuple[Label, ...]:
    """What is written, so many seconds each from the edge of the first frame (half of one before its middle).

    It has no time of its own.
    """
    edges = [max(0.0, k * seconds - half) for k in range(len(names) + 1)]
    return tuple(Label(edges[k], edges[k + 1], name, tier) for k, name in enumerate(names))
