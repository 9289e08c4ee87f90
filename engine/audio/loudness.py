"""Loudness as ITU-R BS.1770 weighs it, so that two sounds are compared by content and not by level."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.clip import Clip

QUIET = -70.0
"""LUFS below which a block does not count: BS.1770's absolute gate."""

_BLOCK = 0.4  # seconds, as in the standard
_RELATIVE = -10.0  # LU under the mean of what is left, as in the standard
_OFFSET = -0.691  # makes a full-scale sine of 997 Hz -3.01 LUFS
_MOST = 24  # blocks looked at in a long clip, spread evenly


def measure(clip: Clip) -> tuple[float, float]:
    """(loudness in LUFS, highest absolute sample) of a clip; a long one is sampled in blocks.

    The loudness is QUIET where nothing is loud enough to count. Raises AudioError.
    """
    size = max(1, round(_BLOCK * clip.rate))
    count = max(1, math.ceil(clip.frames / size))
    chosen = np.unique(np.linspace(0, count - 1, min(count, _MOST)).round().astype(int))
    powers, peak = [], 0.0
    for index in chosen:
        block = clip.read(int(index) * size, (int(index) + 1) * size)
        peak = max(peak, float(np.abs(block).max(initial=0.0)))
        powers.append(_weighted_power(block, clip.rate))
    return _gated(np.array(powers)), peak


def _weighted_power(block: NDArray[np.float32], rate: int) -> float:
    """The mean square of a block [n, channels] after K-weighting; the mean over channels."""
    spectrum = np.fft.rfft(block, axis=0)
    power = np.square(spectrum.real) + np.square(spectrum.imag)
    power[1:] *= 2  # each line but 0 Hz stands for its negative twin too
    if len(block) % 2 == 0:
        power[-1] /= 2
    return float((k_weight(len(block), rate)[:, None] * power).sum() / max(len(block), 1) ** 2 / block.shape[1])


@functools.lru_cache(maxsize=8)
def k_weight(size: int, rate: int) -> NDArray[np.float64]:
    """|H(f)|^2 of the K-weighting at the frequencies of an rfft of `size` samples.

    The two biquads that the standard gives for 48 kHz, evaluated on the unit circle; constant above 24 kHz.
    """
    hertz = np.minimum(np.fft.rfftfreq(size, 1 / rate), 24_000)
    delay = np.exp(-2j * np.pi * hertz / 48_000)
    shelf = _ratio(
        delay, (1.53512485958697, -2.69169618940638, 1.19839281085285), (1.0, -1.69065929318241, 0.73248077421585)
    )
    highpass = _ratio(delay, (1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621))
    weight = np.square(np.abs(shelf * highpass))
    weight.setflags(write=False)
    return weight


def _ratio(delay: NDArray, above: tuple[float, ...], below: tuple[float, ...]) -> NDArray:
    return np.polyval(above[::-1], delay) / np.polyval(below[::-1], delay)


def _gated(powers: NDArray[np.float64]) -> float:
    """LUFS of the mean power of the blocks that pass both gates."""
    counted = powers[powers > 10 ** ((QUIET - _OFFSET) / 10)]
    if len(counted) == 0:
        return QUIET
    counted = counted[counted >= counted.mean() * 10 ** (_RELATIVE / 10)]
    return _OFFSET + 10 * math.log10(counted.mean())


def matched_gains(measured: dict[str, tuple[float, float]]) -> dict[str, float]:
    """Amplitude factors that make every sound as loud as the first, lowered together where one would clip.

    Sounds with nothing to hear in them, and residuals 30 LU below, are left as they are.
    """
    target = next(iter(measured.values()))[0] if measured else QUIET
    gains = {}
    for name, (loudness, _) in measured.items():
        comparable = loudness > QUIET and target > QUIET and loudness > target - 30
        gains[name] = 10 ** ((target - loudness) / 20) if comparable else 1.0
    highest = max((gains[name] * peak for name, (_, peak) in measured.items() if gains[name] != 1.0), default=0.0)
    common = min(1.0, 1.0 / highest) if highest > 0 else 1.0
    return {name: gain * common for name, gain in gains.items()}
