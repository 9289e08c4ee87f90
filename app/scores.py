"""The metrics of files before and after, as a table."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from app.commands import open_sound

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from engine.clip import Clip
    from engine.quality import Score

    Array = NDArray[np.float32]

NAMES = ("si_sdr", "pesq_wb", "stoi", "dnsmos_ovrl")
_MOST = 5
"""Stretches of a long sound that are measured."""


@dataclass(frozen=True)
class Measured:
    """By file: each metric before and after, or None; and what there is to say about it."""

    by_file: Mapping[str, Mapping[str, Any]]
    notes: tuple[str, ...]


def measured(results: Sequence[Mapping[str, Any]], references: Mapping[str, Path]) -> Measured:
    """The metrics of what was made (`file`, `out`) beside the clean sounds; what cannot be told is noted."""
    from engine.audio.error import AudioError
    from engine.audio.file import open_clip

    found, notes = {}, []
    for each in results:
        clean = references.get(each["file"])
        if clean is None:
            notes.append(f"{each['file']}: no clean sound of its name")
            continue
        try:
            values, said = _of(open_clip(each["file"]), open_clip(each["out"]), open_sound(clean))
        except AudioError as error:
            notes.append(str(error))
            continue
        found[each["file"]] = values
        notes += [text if "package" in text else f"{each['file']}: {text}" for text in said]
    return Measured(found, tuple(dict.fromkeys(notes)))


def table(found: Measured) -> str:
    """A row for each file and one for their means: what it was, and what it is now."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    from engine.quality import METRICS

    rows = {Path(file).name: values for file, values in found.by_file.items()}
    shown = [name for name in NAMES if any(values["after"].get(name) is not None for values in rows.values())]
    made = Table(box=box.SIMPLE_HEAD)
    made.add_column("noisy, denoised")
    for name in shown:
        made.add_column(f"{METRICS[name].title} {METRICS[name].unit}".rstrip(), justify="right")
    if len(rows) > 1:
        rows["mean"] = {
            when: {name: _mean([values[when].get(name) for values in rows.values()]) for name in shown}
            for when in ("before", "after")
        }
    for file, values in rows.items():
        made.add_row(file, *(_cell(values["before"].get(name), values["after"].get(name)) for name in shown))
    written = io.StringIO()
    if shown:
        Console(file=written, width=160, highlight=False).print(made)
    lines = [line.rstrip() for line in written.getvalue().splitlines()]
    return "\n".join([*filter(None, lines), *found.notes])


def _of(noisy: Clip, made: Clip, clean: Clip) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Means over some stretches, {"before": {metric: number or None}, "after": ...}, and why some have none."""
    from engine import quality

    scores: dict[str, list[Mapping[str, Score]]] = {"before": [], "after": []}
    for start, stop in _stretches(made.seconds, quality.LONGEST):
        against = _mono(clean, start, stop, made.rate)
        for when, clip in (("before", noisy), ("after", made)):
            sound = _mono(clip, start, stop, made.rate)
            count = min(len(sound), len(against)) if abs(len(sound) - len(against)) <= 2 else len(sound)
            scores[when].append(quality.score(sound[:count], made.rate, against[:count], NAMES))
    values = {when: quality.means(each) for when, each in scores.items()}
    said = [
        one.reason
        for each in scores["after"]
        for name, one in each.items()
        if one.value is None and name not in values["after"]
    ]
    if len(scores["after"]) == _MOST:
        said.append(f"measured in {_MOST} stretches of {quality.LONGEST:g} s")
    return values, tuple(dict.fromkeys(said))


def _stretches(seconds: float, longest: float) -> list[tuple[float, float]]:
    """(start, stop) in seconds: all of it, in pieces; of a long sound a few, spread over it."""
    if seconds <= longest * _MOST:
        count = max(1, int(np.ceil(seconds / longest)))
        return [(seconds * n / count, seconds * (n + 1) / count) for n in range(count)]
    starts = np.linspace(0.0, seconds - longest, _MOST).tolist()
    return [(start, start + longest) for start in starts]


def _mono(clip: Clip, start: float, stop: float, rate: int) -> Array:
    import soxr

    part = clip.read(round(start * clip.rate), round(stop * clip.rate)).mean(axis=1, dtype=np.float32)
    return part if clip.rate == rate else np.asarray(soxr.resample(part, clip.rate, rate), np.float32)


def _mean(values: Sequence[float | None]) -> float | None:
    there = [each for each in values if each is not None]
    return float(np.mean(there)) if there else None


def _cell(before: float | None, after: float | None) -> str:
    return " → ".join("-" if each is None else f"{each:.2f}" for each in (before, after))
