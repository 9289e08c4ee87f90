"""Frames in a row as one: what came since the last tick is drawn at once, however much it is."""

from __future__ import annotations

import dataclasses
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.events import Frames
    from engine.trace import Key, Series


def joined(frames: Sequence[Frames]) -> tuple[Frames, ...]:
    """One Frames for every stretch without a gap; a stream that began anew begins another."""
    rows: list[list[Frames]] = []
    for each in frames:
        if rows and _follows(rows[-1], each):
            rows[-1].append(each)
        else:
            rows.append([each])
    return tuple(_joined(row) for row in rows)


def _follows(row: Sequence[Frames], later: Frames) -> bool:
    last = row[-1]
    end = last.start + len(last.samples) / last.rate
    alike = all(_alike(last.series[key], new) for key, new in later.series.items() if key in last.series)
    return alike and last.rate == later.rate and abs(later.start - end) < 0.5 / later.rate


def _alike(one: Series, other: Series) -> bool:
    facts = [(each.values.shape[1], each.rate, each.rows, each.low, each.high) for each in (one, other)]
    return facts[0] == facts[1]


def _joined(row: Sequence[Frames]) -> Frames:
    if len(row) == 1:
        return row[0]
    parts: dict[Key, list[Series]] = {}
    for frames in row:
        for key, series in frames.series.items():
            parts.setdefault(key, []).append(series)
    return dataclasses.replace(
        row[-1],
        start=row[0].start,
        samples=np.concatenate([each.samples for each in row]),
        series=MappingProxyType({key: _one(several) for key, several in parts.items()}),
        took=sum(each.took for each in row),
    )


def _one(several: Sequence[Series]) -> Series:
    if len(several) == 1:
        return several[0]
    values = np.concatenate([each.values for each in several])
    values.setflags(write=False)
    return dataclasses.replace(several[0], values=values)
