"""`otoscope train --estimate`: how long a training would take and how much memory, before it begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.recipe import Recipe


def main(recipe: Recipe, device: str) -> int:
    """Say how long the whole training would take and how much memory, by a few steps of it; nothing is written."""
    from app.commands import say
    from engine import device as here
    from engine.estimate import estimate as trying
    from engine.events import Estimated

    here.limit_threads(live=False)
    for event in trying(recipe, device):
        if isinstance(event, Estimated):
            whole, step = lasting(event.seconds), 1000 * event.step_seconds
            memory = f"{event.memory / 1e6:,.0f} MB of memory"
            cost = f"about {whole} for {recipe.train.steps} steps of {step:.3g} ms, and {memory}"
            say(f"{recipe.name}: {cost}; {event.length}")
    return 0


def lasting(seconds: float) -> str:
    """A duration in words, to two figures: 40 s, 3 min 20 s, 2 h 5 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    large, small = (whole // 3600, whole % 3600 // 60) if whole >= 3600 else (whole // 60, whole % 60)
    return f"{large} h {small} min" if whole >= 3600 else f"{large} min {small} s"
