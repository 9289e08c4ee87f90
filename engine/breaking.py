"""The break-it map: how well a denoiser does in every kind of noise at every SNR, from coarse to fine."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import denoising, noises, quality
from engine.enhancer import Enhancer
from engine.events import BreakMap
from engine.stages import noise as stage
from engine.stages.stage import Format

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from engine.clip import Clip

    Array = NDArray[np.float32]

SNRS = tuple(float(snr) for snr in np.arange(-10.0, 20.1, 2.5))
KINDS = tuple(kind for kind in noises.KINDS if kind != "file")
GAPS = (0.0, 20.0, 40.0, 80.0, 120.0, 160.0)
"""Milliseconds of silence cut into the noisy sound, one in each half second: masks of time, as wide as that."""
LONGEST = 8.0
"""Seconds of the clip that are tried."""
_EVERY = 0.5


@dataclass(frozen=True, eq=False)
class Asked:
    """A clean clip, of which the first channel is heard, and what is to be tried on it.

    `rows` are kinds of noise, or widths of masks in ms (GAPS) in noise of `kind`; `fails` None is the
    metric's own. SNRs are those of the stage noise: over the mean power of the whole sound.
    """

    clean: Clip
    denoiser: str | Path
    metric: str = "pesq_wb"
    rows: tuple[str, ...] | tuple[float, ...] = KINDS
    snrs: tuple[float, ...] = SNRS
    kind: str = "pink"
    fails: float | None = None
    seed: int = 0
    options: denoising.Options = field(default_factory=denoising.Options)


def explore(asked: Asked) -> Generator[BreakMap, Any, None]:
    """Yields the map after each cell: first the ends of all rows, then their middles, and so on.

    Where the metric has no number for any cell, the sentence says why. Raises DenoiserError.
    """
    metric = quality.METRICS[asked.metric]
    rate = asked.clean.rate
    clean = asked.clean.read(0, min(asked.clean.frames, round(LONGEST * rate)))[:, 0]
    enhancer = Enhancer([denoising.build(asked.denoiser)], rate, asked.options)
    fails = metric.fails if asked.fails is None else asked.fails
    names = tuple(f"{row:g} ms" if isinstance(row, float) else row for row in asked.rows)
    values = np.full((len(names), len(asked.snrs)), np.nan, np.float32)
    order = [(row, column) for column in coarse_to_fine(len(asked.snrs)) for row in range(len(names))]
    reasons: dict[tuple[int, int], str] = {}
    for done, (row, column) in enumerate(order, 1):
        noisy, reference = _mixed(asked, clean, asked.rows[row], asked.snrs[column])
        out = np.concatenate([enhancer.push(noisy[:, None]), enhancer.flush()])[:, 0]
        score = quality.score(np.clip(out, -1.0, 1.0), rate, reference, [asked.metric])[asked.metric]
        if score.value is None:
            reasons[row, column] = score.reason
        values = values.copy()
        values[row, column] = np.nan if score.value is None else score.value
        values.setflags(write=False)
        edges = tuple(edge(asked.snrs, line, fails) for line in values.tolist())
        text = sentence(
            denoising.title(asked.denoiser), names, edges, f"{metric.title} under {fails:g}", _first(reasons)
        )
        yield BreakMap(
            asked.clean.id,
            str(asked.denoiser),
            asked.metric,
            names,
            asked.snrs,
            values,
            fails,
            edges,
            text,
            done / len(order),
            MappingProxyType(dict(reasons)),
        )


def _first(reasons: Mapping[tuple[int, int], str]) -> str:
    return next(iter(reasons.values()), "")


def coarse_to_fine(count: int) -> list[int]:
    """0 to count - 1: the ends, the middle, the middles of the halves, and so on."""
    order = [0, count - 1] if count > 1 else [0]
    step = 1
    while len(order) < count:
        step *= 2
        places = (round(at * (count - 1) / step) for at in range(1, step, 2))
        order += [place for place in places if place not in order]
        if step > count:
            order += [place for place in range(count) if place not in order]
    return order


def edge(snrs: Sequence[float], values: Sequence[float], fails: float) -> float:
    """The SNR above which all that is known lies at or over `fails`, on the line between its two neighbours.

    -inf where nothing known fails, inf where the highest does, NaN where nothing is known.
    """
    known = [(snr, float(value)) for snr, value in zip(snrs, values, strict=True) if not math.isnan(value)]
    bad = [place for place, (_, value) in enumerate(known) if value < fails]
    if not known or not bad:
        return -math.inf if known else math.nan
    if bad[-1] == len(known) - 1:
        return math.inf
    (low, under), (high, over) = known[bad[-1]], known[bad[-1] + 1]
    return low + (high - low) * (fails - under) / (over - under)


def sentence(name: str, rows: Sequence[str], edges: Sequence[float], rule: str, reason: str = "") -> str:
    """Where a denoiser fails, in words; `rule` says what failing is, `reason` why a number lacks."""
    known = {row: at for row, at in zip(rows, edges, strict=True) if not math.isnan(at)}
    if not known:
        return reason or "nothing is known yet"
    worst = max(known, key=lambda row: known[row])
    if known[worst] == -math.inf:
        return f"{name} does not fail here ({rule})"
    told = f"{name} fails {_below(known[worst])} with {worst} ({rule})"
    if len(known) == 1:
        return told
    middle = statistics.median_low(known.values())
    rest = "half of them do not fail" if middle == -math.inf else f"the median fails {_below(middle)}"
    return f"{told}, the worst of {len(known)}; {rest}"


def _below(snr: float) -> str:
    return "at every SNR" if math.isinf(snr) else f"below {snr:.0f} dB".replace("-0 dB", "0 dB")


def _mixed(asked: Asked, clean: Array, row: str | float, snr: float) -> tuple[Array, Array]:
    """The noisy sound as the stage noise would make it, with its gaps; and the clean one at the same level."""
    kind = asked.kind if isinstance(row, float) else row
    settings = stage.Settings(kind=kind, snr=snr, seed=asked.seed)
    parts = stage.ingredients(settings, clean[:, None], Format(float(asked.clean.rate)))
    mix = clean + np.float32(stage.amplitude(settings, parts)) * parts.noise[:, 0]
    gain = np.float32(stage.headroom(mix)[0])
    noisy = mix * gain
    if isinstance(row, float):
        every, width = round(_EVERY * asked.clean.rate), round(1e-3 * row * asked.clean.rate)
        for start in range(every // 2, len(noisy), every):
            noisy[start : start + width] = 0.0
    return noisy, clean * gain
