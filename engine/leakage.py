"""Leakage: whether what a network is measured on was in its training, by digests of the sounds themselves."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from numpy.typing import NDArray

    Sound = tuple[str, NDArray[np.float32]]

_NAMED = 3


class LeakageError(ValueError):
    """Sounds of training are in the split that was to be measured; the message names the split and them."""


def check(task: Any, split: str) -> None:
    """Raises LeakageError where a sound of `split` is one of training too."""
    tried = list(_sounds(task.corpus, split))
    lengths = {len(samples) for _, samples in tried}
    learnt = {digest(samples) for _, samples in _sounds(task.corpus, "train", lengths)}
    shared = [name for name, samples in tried if digest(samples) in learnt]
    if shared:
        more = "; …" if len(shared) > _NAMED else ""
        raise LeakageError(
            f"{len(shared)} of the {len(tried)} sounds of the {split} split were trained on too "
            f"({'; '.join(shared[:_NAMED])}{more}): an error measured there says nothing of what was never heard. "
            "Measure on a split that training does not touch."
        )


def digests(task: Any, split: str) -> set[str]:
    """Of every sound of a split of a task's corpus."""
    return {digest(samples) for _, samples in _sounds(task.corpus, split)}


def digest(samples: NDArray[np.float32]) -> str:
    """Of samples [n] or [n, channels] rounded to 16 bit, so that the type of a file makes no difference."""
    return hashlib.blake2b(np.rint(32767 * samples).astype("<i4").tobytes(), digest_size=12).hexdigest()


def _sounds(corpus: Any, split: str, lengths: Collection[int] = ()) -> Iterator[Sound]:
    """Names and samples: the recordings that a split is joined from, or its clips.

    With `lengths`, clips of other lengths may be left out: they cannot be the same.
    """
    if hasattr(corpus, "parts"):
        yield from corpus.parts(split)
        return
    clips = corpus.split(split)
    for number in range(len(clips)):
        if not lengths or not hasattr(clips, "frames") or clips.frames(number) in lengths:
            yield clips[number].name, clips[number].read()
