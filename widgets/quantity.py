"""What the curves of training show: for each quantity, the charts of the run of now and of those beside it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from engine import errorname
from widgets import magnitude
from widgets.chart import Chart, Line, Mark, Scale
from widgets.runs import Record, lasting
from widgets.ticks import short

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.events import Evaluated
    from engine.session import History

HELD, AFTER, THRESHOLD = "1", "3", "5"
OTHERS = ("2", "4", "3", "5")
"""Inks of the terms of a loss, and of the runs beside the one of now."""
AXES = {"step": ("step", "step"), "epoch": ("epoch", "epoch"), "time": ("time", "time in steps, s")}
"""By what the curves are drawn: what is chosen, and what stands at the axis."""
_BINS = 40


@dataclass
class Run:
    """One run to be drawn."""

    name: str
    history: History
    ink: str = "accent"
    faint: bool = False
    record: Record = field(default_factory=Record)


@dataclass(frozen=True)
class Wish:
    """How the curves are to be drawn: along which axis, smoothed over how many steps (1: not), how high."""

    axis: str = "step"
    width: float = 1.0
    log: bool = False

    @property
    def x(self) -> Scale:
        return Scale(AXES[self.axis][1], whole=self.axis == "step")


def charts(what: str, runs: Sequence[Run], wish: Wish) -> list[Chart]:
    """One or two charts of a quantity; the first run is the one of now. Raises KeyError."""
    if what in QUANTITIES:
        return QUANTITIES[what][1](runs, wish)
    name = what.removeprefix("term ")
    if name == what:
        raise KeyError(what)
    return [_chart(runs, wish, f"loss: {name}", [_curve(each, name, wish, name) for each in runs])]


def names(runs: Sequence[Run]) -> dict[str, str]:
    """The quantities by what is shown for them; of a loss of several terms each is one too."""
    terms = sorted({term for each in runs for term in each.record.terms})
    more = {f"term {term}": f"Loss: {term}" for term in terms} if len(terms) > 1 else {}
    first, *rest = [(key, title) for key, (title, _) in QUANTITIES.items()]
    return dict([first, *more.items(), *rest])


def _loss(runs: Sequence[Run], wish: Wish) -> list[Chart]:
    lines = [_curve(each, "loss", wish, "training") for each in runs]
    terms = runs[0].record.terms if len(runs) == 1 else []
    if len(terms) > 1:
        lines[0] = _curve(runs[0], "loss", wish, "total")
        for term, ink in zip(terms, (*OTHERS, *OTHERS), strict=False):
            lines.append(_curve(Run(term, runs[0].history, ink, True, runs[0].record), term, wish, term))
    held = [
        _tried(each, "valid", wish, lambda event: event.loss, "" if each.faint else "held out") for each in runs
    ]
    return [_chart(runs, wish, "loss", [*lines, *held])]


def _error(runs: Sequence[Run], wish: Wish) -> list[Chart]:
    def share(event: Evaluated) -> float:
        return 100 * event.error

    held = [_tried(each, "valid", wish, share, each.name if each.faint else "held out") for each in runs]
    began = runs[0].history.began
    name = errorname.of_recipe(began.recipe) if began is not None else "error"
    return [_chart(runs, wish, f"{name}, %", [_tried(runs[0], "train", wish, share, "training"), *held])]


def _rate(runs: Sequence[Run], wish: Wish) -> list[Chart]:
    plain = Wish(wish.axis, 1.0, wish.log)
    return [_chart(runs, wish, "learning rate", [_curve(each, "lr", plain, "learning rate") for each in runs])]


def _gradient(runs: Sequence[Run], wish: Wish) -> list[Chart]:
    lines = [_curve(each, "gradient", wish, "before") for each in runs]
    now = runs[0]
    if len(runs) == 1:
        lines.append(_curve(Run("", now.history, AFTER, True, now.record), "clipped", wish, "after"))
    steps, limits = threshold(now)
    where = now.record.place(steps, wish.axis)
    lines.append(Line("threshold", where, limits, THRESHOLD, "steps"))
    turned = [_curve(each, "angle", wish, "turned") for each in runs]
    beside = _chart(runs, replace(wish, log=False), "turned by cutting values, °", turned)
    norms = histogram(now, limits[-1] if len(limits) else np.nan)
    return [_chart(runs, wish, "norm of the gradient", lines), beside if beside.lines else norms]


def _sizes(runs: Sequence[Run], wish: Wish) -> list[Chart]:
    lines = magnitude.middles(runs[0], wish)
    high = _chart(runs, replace(wish, log=True), "median of a layer's gradients", lines)
    return [high, magnitude.histogram(runs[0])]


def _weights(runs: Sequence[Run], wish: Wish) -> list[Chart]:
    return [_chart(runs, wish, "norm of the weights", [_curve(each, "weights", wish, "weights") for each in runs])]


def _mask(runs: Sequence[Run], wish: Wish) -> list[Chart]:
    """How much a denoiser's mask lets through on average: below 0.02 nothing is heard any more."""
    lines = [_curve(each, "mask", wish, "mean mask") for each in runs]
    return [_chart(runs, wish, "mean mask", lines)]


def _throughput(runs: Sequence[Run], wish: Wish) -> list[Chart]:
    speed = [_curve(each, "speed", wish, "frames") for each in runs]
    time = [_curve(each, "milliseconds", wish, "time") for each in runs]
    return [_chart(runs, wish, "frames a second", speed), _chart(runs, wish, "time of a step, ms", time)]


def _memory(runs: Sequence[Run], wish: Wish) -> list[Chart]:
    lines = [_curve(each, "megabytes", wish, "memory") for each in runs]
    return [_chart(runs, wish, "memory, MB", lines)]


QUANTITIES: dict[str, tuple[str, Callable[[Sequence[Run], Wish], list[Chart]]]] = {
    "loss": ("Loss", _loss),
    "error": ("Error", _error),
    "rate": ("Learning rate", _rate),
    "gradient": ("Gradient", _gradient),
    "sizes": ("Gradient sizes", _sizes),
    "weights": ("Weights", _weights),
    "mask": ("Mean mask", _mask),
    "throughput": ("Throughput", _throughput),
    "memory": ("Memory", _memory),
}
"""By a short name: the title, and what makes the charts."""


def _chart(runs: Sequence[Run], wish: Wish, name: str, lines: Sequence[Line]) -> Chart:
    """The lines that have any number. One that is named as its axis has its newest value at its end instead."""
    known = [each for each in lines if np.isfinite(each.data).any()]
    for index, line in enumerate(known):
        if not runs[0].name and name.startswith(line.name):
            newest = line.y[np.isfinite(line.y)][-1]
            known[index] = replace(line, end=short(float(newest), 3))
    return Chart(tuple(known), marks(runs[0], wish), wish.x, Scale(name, wish.log))


def _curve(run: Run, name: str, wish: Wish, words: str = "") -> Line:
    """A column of a run, smoothed as wished; named by the run where there are others beside it."""
    record, words = run.record, run.name or words
    x, y = record.along(wish.axis), record[name]
    if wish.width <= 1:
        return Line(words, x, y, run.ink, faint=run.faint)
    return Line(words, x, record.smooth(name, wish.width), run.ink, raw=y, faint=run.faint)


def _tried(run: Run, split: str, wish: Wish, value: Callable[[Evaluated], float], end: str) -> Line:
    """What came of trying a split, point by point; `end` is written at its end."""
    events = [each for each in run.history.evaluated if each.split == split]
    steps = np.array([each.step for each in events], float)
    kept = lasting(steps)
    words = "held out" if split == "valid" else "training"
    y = np.array([value(each) for each in events], float)[kept]
    x = run.record.place(steps[kept], wish.axis)
    ink = HELD if split == "valid" and not run.faint else run.ink
    name = f"{run.name}, {words}" if run.name else words
    return Line(name, x, y, ink, "points", faint=run.faint, end=end)


def threshold(run: Run) -> tuple[np.ndarray, np.ndarray]:
    """From which steps on gradients were clipped to which norm; NaN where they were not."""
    turned = [each for each in run.history.changes if each.key == "clip"]
    began = run.history.began
    first = _clip(began.recipe) if began is not None else None
    if first is None:
        first = turned[0].before if turned else None
    if first is None or not run.record.count:
        return np.zeros(0), np.zeros(0)
    # A change acts from the step after its own.
    steps = [run.record["step"][0], *(each.step + 1 for each in turned)]
    limits = np.array([first, *(each.after for each in turned)], float)
    return np.array(steps, float), np.where(limits > 0, limits, np.nan)


def _clip(recipe: str) -> float | None:
    """The knob `clip` of a recipe; None where it cannot be told."""
    try:
        return float(tomllib.loads(recipe).get("train", {})["clip"])
    except (tomllib.TOMLDecodeError, AttributeError, KeyError, TypeError, ValueError):
        return None


def clipped(record: Record) -> float:
    """The share of the steps whose gradient was clipped; NaN where no step tells."""
    before, after = record["gradient"], record["clipped"]
    known = np.isfinite(before) & np.isfinite(after)
    return float((before[known] > after[known] * (1 + 1e-4)).mean()) if known.any() else float("nan")


def histogram(run: Run, limit: float) -> Chart:
    """How often the gradient had which norm before it was clipped, and the threshold."""
    norms = run.record["gradient"]
    places = np.log10(norms[(norms > 1e-30) & (norms < 1e30)])
    share = clipped(run.record)
    words = "steps" if np.isnan(share) else f"steps, {100 * share:.0f} % clipped"
    x, y = Scale("norm", log=True), Scale(words)
    if not len(places):
        return Chart((), (), x, y)
    low, high = float(places.min()), float(places.max())
    if limit > 0 and low - 1 < np.log10(limit) < high + 1:  # the threshold is to be seen too
        low, high = min(low, float(np.log10(limit))), max(high, float(np.log10(limit)))
    room = max(high - low, 0.1) / (_BINS - 1)
    counts = np.bincount(((places - low) / room + 0.5).astype(int), minlength=_BINS + 1)
    edges = 10.0 ** (low + room * (np.arange(len(counts) + 1) - 0.5))
    bars = Line("steps", edges, np.append(counts, 0.0), look="bars")
    mark = () if np.isnan(limit) else (Mark(limit, f"threshold {short(limit)}", THRESHOLD, True),)
    return Chart((bars,), mark, x, y)


def marks(run: Run, wish: Wish) -> tuple[Mark, ...]:
    """What happened in a run: knobs turned, the snapshot that is looked at, and where it halted."""
    history = run.history
    made = [
        (each.step, f"{each.key} {_said(each.before)} → {_said(each.after)}", "muted") for each in history.changes
    ]
    if history.halted is not None:
        made.append((history.halted.step, f"halted: {history.halted.text}", "bad"))
    if history.at is not None:
        made.append((history.at, f"shown: step {history.at}", "good"))
    places = run.record.place([step for step, _, _ in made], wish.axis)
    return tuple(Mark(float(x), text, ink, ink != "muted") for x, (_, text, ink) in zip(places, made, strict=True))


def _said(value: object) -> str:
    return short(value) if isinstance(value, float) else str(value)
