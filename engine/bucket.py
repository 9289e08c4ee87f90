"""Buckets: items of about equal length put into one batch, so that there is little padding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from engine.tasks.task import Batch

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    Item = tuple[Batch, int]


def buckets(lengths: Sequence[int], size: int) -> list[NDArray[np.int64]]:
    """Indices of up to `size` items of similar length a batch, shortest first."""
    order = np.argsort(np.asarray(lengths), kind="stable")
    return [order[start : start + size] for start in range(0, len(order), size)]


def padding(lengths: Sequence[int], batches: Sequence[NDArray[np.int64]]) -> float:
    """The share of padding in all batches, 0 to 1, where each is as long as its longest item."""
    known = np.asarray(lengths)
    whole = sum(int(known[batch].max()) * len(batch) for batch in batches)
    return 1.0 - sum(int(known[batch].sum()) for batch in batches) / whole if whole else 0.0


def dealt(batches: Sequence[Batch], seed: Sequence[int]) -> Iterator[Batch]:
    """The items of some batches in as many others, of like length each, in an order drawn from the seed."""
    items = [(batch, row) for batch in batches for row in range(len(batch.lengths))]
    order = np.argsort([batch.lengths[row] for batch, row in items], kind="stable")
    parts = np.array_split(order, len(batches))
    for number in np.random.default_rng(seed).permutation(len(parts)).tolist():
        yield _batch([items[index] for index in parts[number].tolist()])


def _batch(items: Sequence[Item]) -> Batch:
    lengths, counts = (
        np.array([getattr(batch, name)[row] for batch, row in items], np.int64)
        for name in ("lengths", "target_lengths")
    )
    longest, most = int(lengths.max()), max(1, int(counts.max()))
    spans = None if items[0][0].spans is None else _filled(items, "spans", most)
    sounds = None if items[0][0].sounds is None else np.stack([batch.sounds[row] for batch, row in items])  # type: ignore[index]
    texts = None if items[0][0].texts is None else tuple(batch.texts[row] for batch, row in items)  # type: ignore[index]
    found, targets = _filled(items, "x", longest), _filled(items, "targets", most)
    return Batch(found, lengths, targets, counts, spans, sounds, texts)


def _filled(items: Sequence[Item], name: str, longest: int) -> NDArray[Any]:
    """What all items have of that name, [B, longest, ...]: cut, or filled up with zeros."""
    rows = [getattr(batch, name)[row][:longest] for batch, row in items]
    whole = np.zeros((len(rows), longest, *rows[0].shape[1:]), rows[0].dtype)
    for place, row in zip(whole, rows, strict=True):
        place[: len(row)] = row
    return whole
