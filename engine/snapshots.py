"""The time line of a run: snapshots of its network in the folder `snapshots`, ever fewer as they age."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from engine import checkpoint

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from engine.network import Network

LAST = 20
"""So many of the newest stay, whatever their age."""
SPREAD = 0.15
"""Gap between two older ones, as a share of their age in steps: a million steps leave about a hundred."""


def path(run: Path, step: int) -> Path:
    """Where the snapshot of a step lies in the folder of a run."""
    return run / "snapshots" / f"{step:07d}{checkpoint.SUFFIX}"


def steps(run: Path) -> tuple[int, ...]:
    """The steps whose snapshots lie there, in order; none where the folder is missing or cannot be read."""
    found = []
    with contextlib.suppress(OSError):
        for each in (run / "snapshots").iterdir():
            if each.suffix == checkpoint.SUFFIX and each.stem.isascii() and each.stem.isdecimal():
                found.append(int(each.stem))
    return tuple(sorted(found))


def load(run: Path, step: int) -> Network:
    """The network as it was after a step. Raises CheckpointError."""
    return checkpoint.load(path(run, step))


def thinned(found: Sequence[int], stay: Collection[int] = ()) -> tuple[int, ...]:
    """Those of the steps, which are in order, that are kept: the first, the last ones, and what is to `stay`.

    An older one goes where its neighbours lie closer to each other than SPREAD of their age.
    """
    old, kept = max(0, len(found) - LAST), list(found[:1])
    for index in range(1, len(found)):
        gap = found[index + 1] - kept[-1] if index < old else 0
        if index >= old or found[index] in stay or gap > SPREAD * (found[-1] - found[index + 1]):
            kept.append(found[index])
    return tuple(kept)
