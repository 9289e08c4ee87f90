"""Chunks: sounds cut, joined and brought to one length, and grouped into batches with little padding."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def split(sound: NDArray[np.float32], size: int, overlap: int = 0) -> list[NDArray[np.float32]]:
    """Views of `size` items, each beginning `size - overlap` after the one before; the last may be shorter.

    Raises ValueError where the overlap is not smaller than the size.
    """
    if not 0 <= overlap < size:
        raise ValueError(f"chunks of {size} cannot overlap by {overlap}; the overlap must be smaller")
    step = size - overlap
    return [sound[start : start + size] for start in range(0, max(1, len(sound) - overlap), step)]


def join(chunks: Sequence[NDArray[np.float32]], overlap: int = 0) -> NDArray[np.float32]:
    """The sound that `split` cut, to the bit."""
    return np.concatenate([chunks[0], *(chunk[overlap:] for chunk in chunks[1:])])


def fit(sound: NDArray[np.float32], n: int, how: str = "pad") -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """The sound as exactly `n` items, and which of them are real, bool [n].

    A longer one is cut; a shorter one is followed by silence ("pad") or by itself ("loop"), which is real too.
    """
    if len(sound) >= n:
        return sound[:n], np.ones(n, bool)
    if how == "loop" and len(sound):
        return np.resize(sound, (n, *sound.shape[1:])), np.ones(n, bool)
    padded = np.zeros((n, *sound.shape[1:]), sound.dtype)
    padded[: len(sound)] = sound
    return padded, np.arange(n) < len(sound)


def buckets(lengths: Sequence[int], size: int) -> list[NDArray[np.int64]]:
    """Indices of up to `size` items of similar length a batch, shortest first."""
    order = np.argsort(np.asarray(lengths), kind="stable")
    return [order[start : start + size] for start in range(0, len(order), size)]


def padding(lengths: Sequence[int], batches: Sequence[NDArray[np.int64]]) -> float:
    """The share of padding in all batches, 0 to 1, where each is as long as its longest item."""
    known = np.asarray(lengths)
    whole = sum(int(known[batch].max()) * len(batch) for batch in batches)
    return 1.0 - sum(int(known[batch].sum()) for batch in batches) / whole if whole else 0.0
