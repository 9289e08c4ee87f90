"""Batches of like lengths: the same items in an epoch as without, less padding, the same again after a stop."""

from __future__ import annotations

import contextlib
import itertools
from collections import Counter
from typing import Any

import numpy as np
import pytest

from engine import bucket, loader
from engine.tasks import seq2seq_char
from engine.tasks.task import Batch

TASK = seq2seq_char.Settings(clips=100)
SIZE, EPOCH = 8, 13


def drawn(many: int, count: int, first: int = 0, workers: int = 0) -> list[Batch]:
    """Batches as a training gets them, `many` of them dealt out by length."""
    made = loader.training(seq2seq_char.build(TASK), "seq2seq_char", TASK, SIZE, 3, workers, first, bucket=many)
    with contextlib.closing(made):
        return list(itertools.islice(filter(None, made), count))


def items(batches: list[Batch]) -> Counter[tuple[bytes, bytes]]:
    return Counter(
        (x[:length].tobytes(), target[:count].tobytes())
        for each in batches
        for x, length, target, count in zip(each.x, each.lengths, each.targets, each.target_lengths, strict=True)
    )


def padded(batches: list[Batch]) -> int:
    return sum(each.x.shape[0] * each.x.shape[1] - int(each.lengths.sum()) for each in batches)


def same(one: Batch, other: Batch) -> bool:
    names = ("x", "lengths", "targets", "target_lengths")
    return all(getattr(one, name).tobytes() == getattr(other, name).tobytes() for name in names)


@pytest.mark.parametrize("many", [3, 64])
def test_an_epoch_holds_the_same_items_with_less_padding(many: int) -> None:
    plain, sorted_ = drawn(1, 2 * EPOCH), drawn(many, 2 * EPOCH)
    for epoch in (slice(EPOCH), slice(EPOCH, None)):
        assert items(sorted_[epoch]) == items(plain[epoch])
        assert max(items(plain[epoch]).values()) == 1, "an item that is there twice would prove nothing"
        assert padded(plain[epoch]) > (1.5 if many == 3 else 4) * padded(sorted_[epoch])
    for each in sorted_:
        assert len(each.lengths) <= SIZE
        assert each.x.shape[:2] == (len(each.lengths), each.lengths.max())
        assert each.targets.shape == (len(each.lengths), each.target_lengths.max())
        for row, length in zip(each.x, each.lengths, strict=True):
            assert not row[length:].any()


def test_where_a_training_stood_it_goes_on_in_the_same_batches() -> None:
    whole = drawn(3, 2 * EPOCH)
    for first in (1, 2, 12, 13, 17):
        for one, other in zip(drawn(3, 5, first), whole[first:], strict=False):
            assert same(one, other)
    for one, other in zip(drawn(3, 4, 4, workers=1), whole[4:], strict=False):
        assert same(one, other)


def test_their_order_is_drawn_and_not_by_length() -> None:
    batches = drawn(1, EPOCH)
    one, again, other = (list(bucket.dealt(batches, seed)) for seed in ((0, 0), (0, 0), (0, 1)))
    assert all(map(same, one, again))
    assert not all(map(same, one, other))
    longest = [int(each.lengths.max()) for each in one]
    assert longest != sorted(longest)
    assert sorted(longest) == sorted(int(each.lengths.max()) for each in other)


def batch_of(lengths: list[int], counts: list[int], several: bool) -> Batch:
    """Items whose numbers say which they are."""
    x = np.zeros((len(lengths), max(lengths), 2), np.float32)
    targets = np.zeros((len(counts), max(1, *counts), *((3,) if several else ())), np.int64)
    spans = np.zeros((*targets.shape[:2], 2), np.float32)
    for row, (length, count) in enumerate(zip(lengths, counts, strict=True)):
        x[row, :length], targets[row, :count], spans[row, :count] = length, length, length
    return Batch(x, np.array(lengths), targets, np.array(counts), spans)


@pytest.mark.parametrize("several", [False, True])
def test_targets_and_spans_go_with_their_items(several: bool) -> None:
    found = list(bucket.dealt([batch_of([9, 3], [4, 0], several), batch_of([8, 2], [1, 2], several)], [0]))
    assert sorted(each.lengths.tolist() for each in found) == [[2, 3], [8, 9]]
    for each in found:
        assert each.spans is not None
        wide = {2: 2, 8: 4}[int(each.lengths[0])]
        assert each.targets.shape == (2, wide, *((3,) if several else ()))
        assert each.spans.shape == (2, wide, 2)
        for row, (length, count) in enumerate(zip(each.lengths, each.target_lengths, strict=True)):
            for values, until in ((each.x, length), (each.targets, count), (each.spans, count)):
                held: Any = values[row]
                assert (held[:until] == length).all()
                assert not held[until:].any()
