"""Whether a take can be learnt from: is it long enough, loud enough, not clipped, and is there a word in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHORTEST, LONGEST = 0.4, 5.0
"""Seconds of a take."""
QUIET = -45.0
"""dBFS that the spoken part has at the least."""
FULL, CLIPPED = 0.99, 3
"""A sample so large is at the end of the scale; so many together are clipped."""
OVER = 10.0
"""dB by which speech lies over the rest of the take."""
_BLOCK = 0.02


@dataclass(frozen=True)
class Check:
    """Of a take: its seconds, the level of what is spoken and of the rest in dBFS, its peak, clipped samples, and
    what is wrong with it, each with its remedy."""

    seconds: float
    level: float
    background: float
    peak: float
    clipped: int
    trouble: tuple[str, ...]


def check(sound: NDArray[np.float32], rate: int) -> Check:
    """Check a take [n]."""
    sound = np.nan_to_num(np.asarray(sound, np.float32))
    seconds, peak = len(sound) / rate, float(np.abs(sound).max(initial=0.0))
    clipped = int(np.count_nonzero(np.abs(sound) >= FULL))
    levels = _levels(sound, rate)
    level, background = (float(each) for each in np.percentile(levels, (95, 15)))
    return Check(seconds, level, background, peak, clipped, tuple(_trouble(seconds, level, background, clipped)))


def _levels(sound: NDArray[np.float32], rate: int) -> NDArray[np.float64]:
    """dBFS of blocks of 20 ms; of a sound without any, silence."""
    size = max(1, round(_BLOCK * rate))
    whole = len(sound) // size
    if not whole:
        return np.full(1, -120.0)
    power = np.square(sound[: whole * size].reshape(whole, size), dtype=np.float64).mean(axis=1)
    found: NDArray[np.float64] = 10 * np.log10(np.maximum(power, 1e-12))
    return found


def _trouble(seconds: float, level: float, background: float, clipped: int) -> list[str]:
    if seconds < SHORTEST:
        return [f"only {seconds:.1f} s long: record the whole word, with a little silence around it"]
    said = []
    if seconds > LONGEST:
        said.append(f"{seconds:.1f} s long; two are enough, and {LONGEST:g} the most")
    if clipped >= CLIPPED:
        said.append("too loud, it clips: speak from further away, or turn the input down")
    if level < QUIET:
        said.append(f"too quiet ({level:.0f} dB): come nearer, turn the input up, or choose another one")
    elif level - background < OVER:
        said.append("no word stands out of the noise: speak in a quieter place, with silence before and after")
    return said
