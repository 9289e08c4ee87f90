"""What can be compared by ear and by number: the noisy sound, the clean one, and what denoisers make of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.blind import BlindError
from engine.sitting import LONGEST

if TYPE_CHECKING:
    from engine.clip import Clip
    from engine.session import State

NOISY, CLEAN = "noisy", "clean"


def versions(state: State) -> dict[str, Clip]:
    """The versions of the sound that is shown, by name, aligned to the sample. Raises BlindError without one."""
    traced = state.traced
    if traced is None:
        raise BlindError("There is no sound yet: open a recording first.")
    found = {NOISY: traced.sound}
    if traced.clean.id != traced.sound.id:
        found[CLEAN] = traced.clean
    return found | {each.title: each.sound for each in state.enhanced if each.sound_id == traced.sound.id}


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
