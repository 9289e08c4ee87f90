"""What a loudspeaker was given, beside the lanes that it was to be given: sample by sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Sound = NDArray[np.float32]


def stretches(heard: Sound, lanes: Sequence[Sound], first: int, fade: int, near: float) -> list[int]:
    """Where each of the lanes, which were asked for one after the other, begins to be heard alone.

    From there to the next switch every sample of `heard` is that of the lane; a switch takes a fade at the most.
    """
    at, found = first, []
    for place, lane in enumerate(lanes):
        found.append(at)
        apart = np.flatnonzero(np.abs(heard[at:] - lane[at : len(heard)]) > near)
        if place == len(lanes) - 1:
            assert len(apart) == 0, f"lane {place} is left at {at + apart[0]}, {len(apart)} samples differ"
        else:
            assert len(apart), f"lane {place} was never left"
            at += int(apart[0]) + fade + 1
    return found


def smooth(heard: Sound, lanes: Sequence[Sound], fade: int, near: float) -> bool:
    """Whether no sample jumps further than one of the sounds does, but for the slope of a fade between them."""
    sounds = np.stack([lane[: len(heard)] for lane in lanes])
    allowed = np.abs(np.diff(sounds)).max(axis=0) + np.ptp(sounds, axis=0)[1:] / fade + 2 * near
    return bool((np.abs(np.diff(heard)) <= allowed).all())
