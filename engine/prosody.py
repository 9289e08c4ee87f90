"""Prosody: how high, how loud, how voiced and how fast somebody speaks, measured from the sound.

Pitch is YIN (A. de Cheveigne and H. Kawahara 2002): with d(l) = sum_j (x_j - x_j+l)^2 over a frame, the period is
the first lag at which d'(l) = d(l) l / sum_k<=l d(k) dips nearly as deep as anywhere, refined by a parabola. The
speaking rate is that of syllable nuclei (N. H. de Jong and T. Wempe 2009): peaks of loudness that are voiced, with
a dip between them.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from engine import dsp
from engine.events import Prosody
from engine.trace import Key, Series

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from typing import Any

    from numpy.typing import NDArray

    from engine.clip import Clip

    Array = NDArray[np.float32]

LOWEST, HIGHEST = 60.0, 500.0
"""Hertz between which a voice is looked for."""
HOP = 0.01
"""Seconds from frame to frame."""
WINDOW = 0.05
"""Seconds that a frame needs: three periods of the lowest voice."""
NAMES = ("f0", "energy", "voicing", "rate")
QUIET = -60.0
"""Decibels of full scale below which nothing is voiced."""
_DIP = 0.08  # above the deepest dip of d', at which a shorter lag is taken for the period
_CLOSE = 0.3  # of a lag, up to which others are taken for the same period
_NONE = 9.0  # more than d' ever is at a dip
_VOICED = 0.7  # periodicity from which on a frame is voiced
_NUCLEUS, _HOLLOW = 25.0, 2.0  # dB below the loudest that a nucleus lies at most, and that a dip has at least
_SPAN = 1.0  # seconds over which syllables are counted
_CHUNK = 512  # frames at once


def periods(framed: NDArray[np.floating], rate: float) -> tuple[Array, Array]:
    """Frames [T, n] of WINDOW seconds -> f0 in hertz [T], and how periodic each frame is [T], from 0 to 1.

    f0 is a number in every frame: where nothing is periodic it is that of the deepest dip.
    """
    least, most = int(rate / HIGHEST), int(np.ceil(rate / LOWEST))
    parts = [_periods(framed[k : k + _CHUNK], least, most, rate) for k in range(0, len(framed), _CHUNK)]
    if not parts:
        return np.zeros(0, np.float32), np.zeros(0, np.float32)
    hertz, sure = (np.concatenate(each).astype(np.float32) for each in zip(*parts, strict=True))
    return hertz, sure


def _periods(
    framed: NDArray[np.floating], least: int, most: int, rate: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    import scipy.fft

    x = framed - framed.mean(axis=1, keepdims=True)
    count, lags = x.shape[1] - most - 1, most + 2
    size = scipy.fft.next_fast_len(x.shape[1], True)  # no lag that is needed reaches around the end
    bins = scipy.fft.rfft(x, size) * np.conj(scipy.fft.rfft(x[:, :count], size))
    near = scipy.fft.irfft(bins, size)[:, :lags]
    power = np.cumsum(np.pad(np.square(x, dtype=np.float64), ((0, 0), (1, 0))), axis=1)
    there = power[:, count : count + lags] - power[:, :lags]
    d = np.maximum(there[:, :1] + there - 2 * near, 0.0)
    d[:, 0] = 0.0
    mean = np.cumsum(d, axis=1) / np.maximum(np.arange(lags), 1)
    shown = np.where(mean > 1e-12, d / np.maximum(mean, 1e-12), 1.0)
    shown[:, 0] = 1.0
    inner = shown[:, least : most + 1]
    dips = (inner < shown[:, least - 1 : most]) & (inner <= shown[:, least + 1 : most + 2])
    depth = np.where(dips.any(axis=1, keepdims=True), np.where(dips, inner, _NONE), inner)
    first = (depth < depth.min(axis=1, keepdims=True) + _DIP).argmax(axis=1)
    # Formants ripple around the period: of the dips close to the first one the deepest is it.
    close = np.arange(inner.shape[1]) - first[:, None] < (_CLOSE * (least + first))[:, None]
    row, lag = np.arange(len(x)), least + np.where(close, depth, _NONE).argmin(axis=1)
    # The parabola through d, which falls and rises evenly around a period; d' does not.
    low, here, high = (d[row, lag + side] for side in (-1, 0, 1))
    bend = low - 2 * here + high
    shift = np.where(bend > 1e-12, 0.5 * (low - high) / np.maximum(bend, 1e-12), 0.0)
    return rate / (lag + np.clip(shift, -0.5, 0.5)), np.clip(1.0 - shown[row, lag], 0.0, 1.0)


def levels(framed: NDArray[np.floating]) -> Array:
    """The loudness of frames [T, n]: RMS in decibels of full scale [T], at least -120."""
    power = np.mean(np.square(framed, dtype=np.float64), axis=1) if framed.size else np.zeros(len(framed))
    return (10 * np.log10(power + 1e-12)).astype(np.float32)


def voiced(sure: NDArray[np.floating], level: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Which frames [T] a voice sounds in, from how periodic and how loud they are."""
    return np.asarray((sure > _VOICED) & (level > QUIET))


def syllables(level: NDArray[np.floating], talks: NDArray[np.bool_]) -> NDArray[np.intp]:
    """The frames of syllable nuclei, from the loudness in dB [T] and which frames are voiced [T]."""
    if not len(level):
        return np.zeros(0, np.intp)
    smooth = np.convolve(
        np.pad(level.astype(float), 2, "edge"), np.hanning(7)[1:-1] / np.hanning(7).sum(), "valid"
    )
    peaks = np.flatnonzero((smooth > np.r_[-np.inf, smooth[:-1]]) & (smooth >= np.r_[smooth[1:], -np.inf]))
    found: list[int] = []
    for peak in peaks[talks[peaks] & (smooth[peaks] > smooth.max() - _NUCLEUS)].tolist():
        if found and min(smooth[found[-1]], smooth[peak]) - smooth[found[-1] : peak].min() < _HOLLOW:
            found[-1] = max(found[-1], peak, key=lambda frame: smooth[frame])  # one hill with two tops
        else:
            found.append(peak)
    return np.array(found, np.intp)


def measure(sound: NDArray[np.floating], rate: float) -> Mapping[str, Array]:
    """f0 in hertz, energy in dB, voicing from 0 to 1 and speaking rate in syllables a second, [T] each, of [n].

    Frame t is centred on t HOP seconds. f0 is NaN where nothing is voiced.
    """
    win, hop = round(WINDOW * rate), round(HOP * rate)
    framed = dsp.frames(np.pad(sound, (win // 2, win - win // 2)), win, hop) if len(sound) else np.zeros((0, win))
    hertz, sure = periods(framed, rate)
    level = levels(framed[:, win // 4 : win - win // 4])
    talks = voiced(sure, level)
    nuclei, beat = np.zeros(len(level)), max(1, round(_SPAN / HOP))
    nuclei[syllables(level, talks)] = 1.0
    window = np.hanning(2 * beat + 1)
    counted, there = (_slid(each, window) for each in (nuclei, np.ones(len(level))))
    found = {"f0": np.where(talks, hertz, np.nan), "energy": level, "voicing": sure * (level > QUIET)}
    found["rate"] = counted / np.maximum(there * HOP, 1e-9)
    return {name: each.astype(np.float32) for name, each in found.items()}


def _slid(values: NDArray[np.float64], window: NDArray[np.float64]) -> NDArray[np.float64]:
    """The sum of values [T] under a window around each of them."""
    middle = len(window) // 2
    if not len(values):
        return values
    return np.convolve(values, window)[middle : middle + len(values)]


def prosody(sound: Clip, start: float = 0.0) -> Generator[Prosody | None, Any, None]:
    """Yields one Prosody of a sound whose first sample lies at `start` seconds."""
    yield None
    samples = sound.read().mean(axis=1)
    found = measure(samples, float(sound.rate))
    units = dict(zip(NAMES, ("Hz", "dB", "", "syllables/s"), strict=True))
    pace = sound.rate / round(HOP * sound.rate)
    series = {
        Key(f"prosody.{name}"): Series(found[name][:, None], pace, start, name, unit=units[name]) for name in NAMES
    }
    yield Prosody(sound.id, MappingProxyType(series))
