"""What can be compared by ear and by number: the noisy sound, the clean one, and what denoisers make of it."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np

from engine.blind import BlindError
from engine.sitting import LONGEST

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.clip import Clip
    from engine.events import Traced
    from engine.session import State

NOISY, CLEAN = "noisy", "clean"


def versions(state: State) -> dict[str, Clip]:
    """The versions of the sound that is shown, by name, aligned to the sample. Raises BlindError without one."""
    traced = state.traced
    if traced is None:
        raise BlindError("There is no sound yet: open a recording first.")
    found = {NOISY: traced.sound}
    if known(traced):
        found[CLEAN] = traced.clean
    return found | {each.title: each.sound for each in state.enhanced if each.sound_id == traced.sound.id}


@functools.lru_cache(maxsize=1)
def known(traced: Traced) -> bool:
    """Whether the chain has added anything to a sound that is there without it too. Else no clean one is known:
    what was recorded may be noisy itself, and nothing is measured against it.
    """
    return traced.clean.id != traced.sound.id and not np.array_equal(_probe(traced.clean), _probe(traced.sound))


def _probe(clip: Clip) -> NDArray[np.float32]:
    """Samples here and there: noise is everywhere."""
    return np.concatenate([clip.read(at, at + 64) for at in range(0, clip.frames, max(64, clip.frames // 64))])


def loop_of(state: State) -> tuple[float, float]:
    """Where in those sounds the selection begins and ends, in seconds; all of a short clip without one. Raises
    BlindError where nothing is selected of a long one.
    """
    traced = state.traced
    assert traced is not None
    if state.selection is None:
        if traced.sound.seconds > LONGEST:
            raise BlindError(
                "The clip is long: drag along the ruler to select the stretch that is to be repeated."
            )
        return 0.0, traced.sound.seconds
    ends = ((each - traced.trace.start) * traced.scale for each in (state.selection.start, state.selection.stop))
    start, stop = (min(max(each, 0.0), traced.sound.seconds) for each in ends)
    return start, stop
