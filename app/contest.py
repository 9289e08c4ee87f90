"""The window's jobs that compare networks: all sides of them, or their errors at one length or look-ahead."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app import axes, comparing, points, training
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
    """The errors of networks at one value of an axis: mean, interval and values by name.

    `axis` is seqlen or look_ahead; `places` are where the networks stand on it: the length of the task's
    sequences, or the milliseconds after a moment that each hears before it says what that was. `terms` are the
    seeds, steps and budget: only points of the same make a curve. `parameters` are those of each network.
    """

    task: str
    axis: str
    value: int
    chance: float | None
    errors: Mapping[str, Mapping[str, Any]]
    places: Mapping[str, float]
    terms: tuple[int, int | None, int]
    parameters: Mapping[str, float | None]


def whole(
    task: str, texts: Sequence[str], seeds: int, steps: int | None, budget: int, folder: Path, device: str
) -> Generator[Any, Any, None]:
    """A whole comparison: Progress while it trains, and at last one Measured. Raises what `compare` does."""
    yield Progress(0.0, f"preparing {task}")
    wanted = comparing.networks_of(comparing.base_of(task), texts, budget)
    found = yield from _told(comparing.compare(wanted, seeds, steps, folder, device))
    yield Measured(found)


def at_value(
    task: str,
    texts: Sequence[str],
    seeds: int,
    steps: int | None,
    budget: int,
    axis: str,
    value: int,
    folder: Path,
    device: str,
) -> Generator[Any, Any, None]:
    """The errors at one value of seqlen or look_ahead, as one At. Raises UsageError, KnobError, WorkFailed."""
    from engine import comparison, latency

    yield Progress(0.0, f"preparing {task}")
    base = comparing.base_of(task)
    knob = axes.own(base.task, axis)
    base = training.change(base, "task", knob, value)
    networks, places = comparing.networks_of(base, texts, budget), dict.fromkeys(texts, float(value))
    if axis == "look_ahead":
        for text, one in networks.items():
            seconds = latency.of(one.task, one.task_settings, one.model, one.model_settings).total
            places[text] = float("nan") if seconds is None else 1000 * seconds
    asked = [
        points.Point({"network": text, knob: value, "seed": seed}, points.shortened(one, steps, seed))
        for text, one in networks.items()
        for seed in range(seeds)
    ]
    errors: dict[str, list[float]] = {text: [] for text in texts}
    parameters: dict[str, float | None] = {}
    for event in points.run(asked, folder, device):
        if isinstance(event, dict):
            errors[event["network"]].append(event["error"])
            parameters[event["network"]] = event["parameters"]
        else:
            yield event
    sides = {name: comparison.side(each) for name, each in errors.items()}
    yield At(task, axis, value, comparison.chance(base), sides, places, (seeds, steps, budget), parameters)


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
