"""How much of what a denoiser takes away is taken away: the knobs of the mix, and the limit of each band."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.knob import Settings, knob

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

NONE = 100.0
"""The limit in decibels that is none."""
BANDS = (250, 500, 1000, 2000, 4000, 8000)
"""Hertz at which the limit can be set by itself: those of an audiogram."""
REACH = 0.004
"""Seconds to either side that a limit which is not the same in all bands looks at: it is late by so much."""
_ROUNDS = 100


def _band(hertz: int) -> Any:
    return knob(
        NONE,
        0.0,
        NONE,
        step=1.0,
        unit="dB",
        label=f"{hertz} Hz" if hertz < 1000 else f"{hertz // 1000} kHz",
        help=f"Around {hertz} Hz nothing is lowered by more than this, nor by more than the attenuation limit. "
        f"Between two bands the least gain is between theirs. Where it is not the same in all bands, sound is "
        f"{1000 * REACH:.0f} ms later.",
    )


@dataclass(frozen=True)
class Options(Settings):
    wet: float = knob(1.0, 0.0, 1.0, step=0.01, help="Share of the denoised sound; the rest is as it came.")
    limit: float = knob(
        NONE,
        0.0,
        NONE,
        step=1.0,
        unit="dB",
        label="attenuation limit",
        help="Nothing is lowered by more than this; 100 is no limit, 0 leaves the sound as it came.",
    )
    keep: float = knob(
        0.0,
        0.0,
        1.0,
        step=0.01,
        label="keep in pauses",
        help="Share of the background that comes back, smoothly, while nobody speaks: music between sentences.",
    )
    limit_250: float = _band(250)
    limit_500: float = _band(500)
    limit_1000: float = _band(1000)
    limit_2000: float = _band(2000)
    limit_4000: float = _band(4000)
    limit_8000: float = _band(8000)

    @property
    def late(self) -> float:
        """Seconds by which the limits make sound later: none where they are the same in all bands."""
        return 0.0 if np.ptp(floor(self, np.array(BANDS))) == 0.0 else REACH


BY_BAND = tuple(f"limit_{hertz}" for hertz in BANDS)
"""The names of the knobs of the bands."""


def floor(options: Options, hertz: NDArray[np.floating]) -> NDArray[np.float64]:
    """The least gain of each frequency: straight lines from band to band over the logarithm of the frequency.

    Gains, not decibels: else a band whose neighbours have no limit would protect next to nothing beside itself.
    """
    bands = [_gain(getattr(options, name)) for name in BY_BAND]
    return np.maximum(np.interp(np.log2(np.maximum(hertz, 1.0)), np.log2(BANDS), bands), _gain(options.limit))


def _gain(limit: float) -> float:
    return 0.0 if limit >= NONE else float(10.0 ** (-limit / 20.0))


def depth(options: Options, hertz: NDArray[np.floating]) -> NDArray[np.float64]:
    """The share of what a denoiser takes away that is taken away, of each frequency: wet (1 - floor)."""
    return options.wet * (1.0 - floor(options, hertz))


@functools.lru_cache(64)
def taps(options: Options, rate: int) -> Array:
    """The same as a filter [2 n + 1] without a shift of phase; one tap where all frequencies have the same.

    So short a filter does not follow every limit. The gain that stays is brought between its floor and 1, and
    the filter to its length, in turns, until both hold (projections onto convex sets): within 0.2 dB.
    """
    reach = round(REACH * rate)
    size = 8 * reach
    least = floor(options, np.fft.rfftfreq(size, 1 / rate))
    if np.ptp(least) == 0.0:
        return _kept(options.wet * (1.0 - least[:1]))
    window = np.zeros(size)
    window[: 2 * reach + 1] = np.hanning(2 * reach + 3)[1:-1]
    window = np.roll(window, -reach)
    wanted, found = least, window
    for _ in range(_ROUNDS):
        found = np.fft.irfft(wanted, size) * window
        stays = np.fft.rfft(found).real
        wanted = wanted + np.clip(stays, least, 1.0) - stays
    stay = np.roll(found, reach)[: 2 * reach + 1]
    stay[reach] -= 1.0
    return _kept(-options.wet * stay)


def _kept(found: NDArray[np.float64]) -> Array:
    made = np.asarray(found, np.float32)
    made.setflags(write=False)
    return made
