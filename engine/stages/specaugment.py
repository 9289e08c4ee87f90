"""SpecAugment: rectangles of time and frequency taken out of the features (Park et al. 2019, arXiv 1904.08779)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.blocks import Pointwise, Whole
from engine.knob import Settings as Base
from engine.knob import knob
from engine.masks import LISTED, POLICIES, Mask, kept, policy_masks, warp

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.stages.stage import Format, Role

ROLE: Role = "mask"
TWIN = ""

_PAPER = " SpecAugment: Park et al. 2019, arXiv 1904.08779."


@dataclass(frozen=True)
class Settings(Base):
    preview: bool = knob(False, help="Show what training would mask. Training masks whether this is on or off.")
    policy: str = knob(
        "custom",
        choices=("off", "custom", *POLICIES),
        help="Custom takes the sliders. LB, LD are for LibriSpeech, SM, SS for Switchboard: mF masks of up to "
        f"F bands, mT of up to T frames and a share p of the clip. {LISTED}.",
    )
    time_masks: int = knob(2, 0, 10, step=1, help="How many stretches of time are masked." + _PAPER)
    time_width: int = knob(
        20,
        0,
        100,
        step=1,
        unit="frames",
        help="A time mask is at most this wide; its width is drawn evenly." + _PAPER,
    )
    freq_masks: int = knob(
        2, 0, 10, step=1, label="frequency masks", help="How many bands of frequency are masked." + _PAPER
    )
    freq_width: int = knob(
        20,
        0,
        80,
        step=1,
        unit="bands",
        label="frequency width",
        help="A frequency mask is at most this high; its height is drawn evenly." + _PAPER,
    )
    cap: float = knob(
        1.0, 0.05, 1.0, step=0.05, label="share at most", help="A time mask is at most this share of the clip."
    )
    warp: int = knob(
        0,
        0,
        80,
        step=1,
        unit="frames",
        label="time warp",
        help="A random point in time is moved by at most this many frames, with all around it; 0 is off.",
    )
    fill: str = knob(
        "silence",
        choices=("silence", "zero", "mean"),
        help="What masked cells become: the value of silence, 0, or the mean of the clip's features.",
    )
    seed: int = knob(0, 0, 9999, step=1, help="Another number, other masks; the same number, the same masks.")
    drawn: tuple[tuple[float, float, float, float], ...] = knob(
        (), hidden=True, help="Masks drawn by mouse: from and to in seconds, from and to in hertz."
    )


def masks(
    settings: Settings, frames: int, bins: int, rate: float, rows: tuple[float, ...] = ()
) -> tuple[Mask, ...]:
    """Every mask that acts on `frames` frames, `rate` a second, of `bins` columns at `rows` hertz.

    Drawn ones first. Without `rows` a drawn mask covers all columns.
    """
    found = tuple(_cells(each, index, frames, bins, rate, rows) for index, each in enumerate(settings.drawn))
    if settings.preview:
        found += policy_masks(settings, frames, bins, np.random.default_rng(settings.seed))
    return tuple(each for each in found if each.stop > each.start and each.high > each.low)


def hertz(form: Format) -> tuple[float, ...]:
    """The frequency of each column; none where columns are not frequencies."""
    return form.rows if form.axis in ("frequency", "mel", "cqt") else ()


def build(settings: Settings, source: Format) -> Pointwise | Whole | Drawn:
    random = settings.preview and (settings.policy != "off" or settings.warp > 0)
    if not random and not settings.drawn:
        return Pointwise(source)
    if random or settings.fill == "mean":
        return Whole(source, source, lambda whole: _masked(settings, source, whole))
    return Drawn(settings, source)


class Drawn:
    """Masks drawn by mouse, at their place in time: they need no look ahead."""

    badges: tuple[str, ...] = ()

    def __init__(self, settings: Settings, source: Format) -> None:
        self.lookahead = 0
        self.output = source
        self._settings = settings
        self._fill = np.float32(source.floor if settings.fill == "silence" else 0.0)
        self.reset()

    def reset(self) -> None:
        self._frame = 0

    def push(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        source, begin = self.output, self._frame
        self._frame += len(block)
        found = masks(self._settings, self._frame, source.width, source.rate, hertz(source))
        touched = [each for each in found if each.stop > begin]
        if not touched:
            return block
        out = block.copy()
        for each in touched:
            out[max(0, each.start - begin) : each.stop - begin, each.low : each.high] = self._fill
        return out

    def flush(self) -> NDArray[np.float32]:
        self.reset()
        return np.zeros((0, self.output.width), np.float32)


def moved(settings: Settings, start: float) -> Settings:
    """The same masks for features that begin `start` seconds later."""
    if not settings.drawn or not start:
        return settings
    return settings.but(drawn=tuple((t0 - start, t1 - start, low, high) for t0, t1, low, high in settings.drawn))


def keep(settings: Settings, frames: int, source: Format) -> NDArray[np.bool_]:
    """Which cells [frames, source.width] remain."""
    return kept(masks(settings, frames, source.width, source.rate, hertz(source)), frames, source.width)


def _masked(settings: Settings, source: Format, whole: NDArray[np.float32]) -> NDArray[np.float32]:
    out = whole
    if settings.preview and settings.warp:
        out = warp(out, settings.warp, np.random.default_rng((settings.seed, 1)))
    fill = {"silence": source.floor, "zero": 0.0, "mean": float(whole.mean(dtype=np.float64))}[settings.fill]
    return np.where(keep(settings, len(out), source), out, np.float32(fill))


def _cells(
    drawn: tuple[float, float, float, float],
    index: int,
    frames: int,
    bins: int,
    rate: float,
    rows: tuple[float, ...],
) -> Mask:
    t0, t1, low, high = drawn
    start, stop = (int(np.ceil(min(frames, max(0.0, t * rate)))) for t in (t0, t1))
    if not rows:
        return Mask(start, stop, 0, bins, index)
    inside = np.flatnonzero((np.asarray(rows) >= low) & (np.asarray(rows) <= high))
    if not len(inside):
        return Mask(start, stop, 0, 0, index)
    return Mask(start, stop, int(inside[0]), int(inside[-1]) + 1, index)
