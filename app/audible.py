"""Audible: what can be heard of the denoisers that were asked for, and by which number keys."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app.compared import known
from engine.clip import ArraySource, Clip
from engine.events import Audible

if TYPE_CHECKING:
    from engine.events import Enhanced, Traced
    from engine.session import State

MOST = 9
"""Keys that let a sound be heard."""


def audible(state: State) -> tuple[Audible, ...]:
    """The noisy sound, the clean one where it is known, and what each denoiser makes of it and takes away."""
    found = [
        Audible("processed", "Noisy", "Noisy", help="The sound as the denoisers hear it"),
    ]
    if state.traced is None or known(state.traced):
        found.append(Audible("clean", "Clean", "Clean", help="The sound before noise was added"))
    troubled = {each.name for each in state.offers if each.trouble}
    wanted = [each for each in state.denoisers or () if each not in troubled]
    for name in wanted:
        words = title(state, name)
        found.append(Audible(f"enhanced:{name}", words, words, help=f"What {words} makes of it"))
    for name in wanted:
        words = title(state, name)
        short = "Removed" if len(wanted) == 1 else f"Removed by {words}"
        found.append(
            Audible(f"residual:{name}", f"Removed by {words}", short, help=f"Only what {words} took away")
        )
    return tuple(_keyed(found))


def title(state: State, name: str) -> str:
    """What a denoiser is called."""
    return next((each.title for each in state.offers if each.name == name), Path(name).stem)


def lanes(state: State, traced: Traced) -> dict[str, Clip]:
    """What denoisers make, to be played: sound and residual of each that was asked for, by their names.

    Where it is still at work, what it made while a knob was elsewhere is heard, else the noisy sound.
    """
    there = {each.name: each for each in state.enhanced if fits(each, traced)}
    silence = Clip(ArraySource(np.zeros((0, 1), np.float32), traced.sound.rate), "silence", "silence")
    found = {}
    for name in state.denoisers or ():
        made = there.get(name)
        found[f"enhanced:{name}"] = made.sound if made is not None else traced.sound
        found[f"residual:{name}"] = made.residual if made is not None else silence
    return found


def fits(each: Enhanced, traced: Traced) -> bool:
    """Whether what was made of another sound lies where this one does, as while a knob is dragged."""
    here = (traced.trace.clip_id, traced.trace.start, traced.sound.frames, traced.sound.rate)
    return (each.clip_id, each.start, each.made.frames, each.made.rate) == here


def _keyed(found: list[Audible]) -> list[Audible]:
    """Noisy is 1 and clean 2, whether it is known or not; what denoisers make follows, in their order."""
    keys = iter(range(3, MOST + 1))
    own = {"processed": "1", "clean": "2"}
    return [replace(each, key=own.get(each.name) or str(next(keys, ""))) for each in found]
