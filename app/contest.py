"""The window's jobs that compare networks: all sides of them, or their errors at one length. No Qt here."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app import comparing, points, training
from app.cli import UsageError
from engine.events import Progress

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence
    from pathlib import Path


@dataclass(frozen=True, eq=False)
class Measured:
    """A comparison is complete: plain values as in compare.json."""

    found: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class At:
    """The errors of networks at one length of the task's sequences: mean, interval and values by name."""

    task: str
    length: int
    chance: float | None
    errors: Mapping[str, Mapping[str, Any]]


def whole(
    task: str, texts: Sequence[str], seeds: int, steps: int | None, budget: int, folder: Path, device: str
) -> Generator[Any, Any, None]:
    """A whole comparison: Progress while it trains, and at last one Measured. Raises what `compare` does."""
    yield Progress(0.0, f"preparing {task}")
    wanted = comparing.networks_of(comparing.base_of(task), texts, budget)
    found = yield from _told(comparing.compare(wanted, seeds, steps, folder, device))
    yield Measured(found)


def at_length(
    task: str, texts: Sequence[str], seeds: int, steps: int | None, length: int, folder: Path, device: str
) -> Generator[Any, Any, None]:
    """The errors at one length of the task's sequences, as one At. Raises UsageError, KnobError, WorkFailed."""
    from engine import catalog, comparison

    yield Progress(0.0, f"preparing {task}")
    base, module = comparing.base_of(task), catalog.load("tasks", task)
    knob = getattr(module, "LENGTH", "")
    if not knob:
        raise UsageError(f"{task} has no knob for the length of its sequences")
    base = training.change(base, "task", knob, length)
    asked = [
        points.Point({"network": text, knob: length, "seed": seed}, points.shortened(one, steps, seed))
        for text, one in comparing.networks_of(base, texts).items()
        for seed in range(seeds)
    ]
    errors: dict[str, list[float]] = {text: [] for text in texts}
    for event in points.run(asked, folder, device):
        if isinstance(event, dict):
            errors[event["network"]].append(event["error"])
        else:
            yield event
    yield At(task, length, comparison.chance(base), {name: comparison.side(each) for name, each in errors.items()})


def _told(steps: Generator[Any, Any, dict[str, Any]]) -> Generator[Any, Any, dict[str, Any]]:
    """What a comparison returns, passing on all that it yields but the rows."""
    with contextlib.closing(steps):
        while True:
            try:
                event = next(steps)
            except StopIteration as ended:
                found: dict[str, Any] = ended.value
                return found
            yield None if isinstance(event, dict) else event
