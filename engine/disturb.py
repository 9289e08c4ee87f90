"""Disturbances of training: real and computed noise, rooms, another speed, another vocal tract."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np

from engine import recordings
from engine.corpora.corpus import CorpusMissing
from engine.utterance import LEVEL

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

RATE = recordings.RATE
TEST = ("kitchen", "city", "CT101", "CT104", "noise5", "storm", "dude_miaowing")
"""Real noises that no training hears: figures at an SNR are measured with them."""
_SET = "noise_real"
_UNLICENSED = "hu100"
_SLOPES = tuple(np.linspace(0.0, 2.2, 8))  # of the power over frequency: white to darker than brown


@recordings.kept(2)
def noise_files(test: bool) -> tuple[Path, ...]:
    """The real noises of training, or those kept for tests; none where they are not on this machine."""
    try:
        paths = [row.path for row in recordings.rows(_SET)]
    except CorpusMissing:
        return ()
    usable = (path for path in paths if path.parent.name not in (_UNLICENSED, "rir"))
    return tuple(path for path in usable if (path.stem in TEST) == test)


def heard(
    rng: np.random.Generator, sound: NDArray[np.float32], strength: float, worst: float, babble: tuple[Path, ...]
) -> tuple[NDArray[np.float32], float]:
    """Sound [n] at another speed, in a room, in noise, at another level; and how much faster it became.

    `strength` 0 to 1 says how far speed and room go; `worst` is the lowest SNR in dB, of speech at its level.
    """
    factor = float(np.exp(strength * rng.uniform(-0.22, 0.22)))
    sound = faster(sound, factor)
    if rng.random() < 0.35 * strength:
        sound = room(rng, sound)
    snr = rng.uniform(worst, max(30.0, worst)) if rng.random() < 0.75 else rng.uniform(30, 90)
    sound = mixed(sound, noise(rng, len(sound), babble), snr, LEVEL**2)
    return sound * np.float32(10 ** (rng.uniform(-24, 10) / 20)), factor


def noise(rng: np.random.Generator, n: int, babble: tuple[Path, ...] = ()) -> NDArray[np.float32]:
    """Noise [n] of power 1 for training: coloured, several voices at once, or real."""
    files, kind = noise_files(False), rng.random()
    if kind < 0.15 and babble:
        picked = [recordings.sound(babble[rng.integers(len(babble))]) for _ in range(rng.integers(1, 7))]
        return _level(np.sum([_piece(rng, each / (np.std(each) + 1e-6), n) for each in picked], axis=0))
    if kind < 0.4 or not files:
        return _level(_piece(rng, _coloured(float(_SLOPES[rng.integers(len(_SLOPES))])), n))
    return _level(_piece(rng, recordings.sound(files[rng.integers(len(files))]), n))


def test_noise(rng: np.random.Generator, n: int) -> NDArray[np.float32]:
    """Noise [n] of power 1 that no training hears. Raises CorpusMissing where it is not on this machine."""
    files = noise_files(True)
    if not files:
        recordings.rows(_SET)
        raise CorpusMissing(f"{recordings.folder(_SET)} lacks the noises of the test: {', '.join(TEST)}")
    return _level(_piece(rng, recordings.sound(files[rng.integers(len(files))]), n))


def mixed(
    sound: NDArray[np.float32], noise: NDArray[np.float32], snr: float, power: float = 0.0
) -> NDArray[np.float32]:
    """sound [n] + noise [n] of power 1, at `snr` dB below the sound's mean power, or below `power` if given."""
    power = power or float(np.mean(np.square(sound, dtype=np.float64)))
    return sound + np.float32(np.sqrt(power) * 10 ** (-snr / 20)) * noise


def room(rng: np.random.Generator, sound: NDArray[np.float32]) -> NDArray[np.float32]:
    """The sound in a room: a recorded impulse response, or noise that dies away over 0.1 to 0.7 s."""
    from scipy.signal import fftconvolve

    responses = _responses()
    if responses and rng.random() < 0.3:
        response = responses[rng.integers(len(responses))]
    else:
        n = int(rng.uniform(0.1, 0.7) * RATE)
        tail = rng.standard_normal(n) * np.exp(-6.9 * np.arange(n) / n) * rng.uniform(0.02, 0.15)
        tail[0] = 1.0
        response = (tail / np.sqrt(np.square(tail).sum())).astype(np.float32)
    first = int(np.argmax(np.abs(response)))
    return fftconvolve(sound, response)[first : first + len(sound)].astype(np.float32)


def faster(sound: NDArray[np.float32], factor: float) -> NDArray[np.float32]:
    """The sound played `factor` times as fast: shorter, and every frequency higher."""
    import soxr

    return soxr.resample(sound, RATE, RATE / factor, quality="QQ").astype(np.float32)


@functools.lru_cache(maxsize=64)
def warped(factor: float, bank: bytes, bins: int, top: float) -> NDArray[np.float32]:
    """A filter bank [bins, N] (as bytes of float32) for a vocal tract `factor` times as short.

    Frequencies are multiplied up to 85 % of `top` (a share of half the rate) and bent back to reach `top` again.
    """
    filters = np.frombuffer(bank, np.float32).reshape(bins, -1)
    hertz = np.linspace(0.0, 1.0, bins)
    knee = 0.85 * top / max(factor, 1.0)
    source = np.interp(hertz, [0.0, knee * factor, top, 1.0], [0.0, knee, top, 1.0])
    return np.stack([np.interp(source, hertz, column) for column in filters.T], axis=1).astype(np.float32)


def mask(rng: np.random.Generator, frames: NDArray[np.float32], strength: float) -> None:
    """SpecAugment in place: two bands and two stretches of frames [T, F] are set to their mean."""
    mean = frames.mean()
    for _ in range(2):
        width = int(rng.integers(0, round(frames.shape[1] / 6 * strength) + 1))
        start = int(rng.integers(frames.shape[1] - width + 1))
        frames[:, start : start + width] = mean
    for _ in range(2):
        width = int(rng.integers(0, round(8 * strength) + 1))
        start = int(rng.integers(max(1, len(frames) - width)))
        frames[start : start + width] = mean


@recordings.kept(1)
def _responses() -> tuple[NDArray[np.float32], ...]:
    try:
        paths = [row.path for row in recordings.rows(_SET) if row.path.parent.name == "rir"]
    except CorpusMissing:
        return ()
    found = [recordings.sound(path) for path in paths]
    return tuple(each / np.sqrt(np.square(each).sum()) for each in found)


@functools.lru_cache(maxsize=len(_SLOPES))
def _coloured(slope: float) -> NDArray[np.float32]:
    """16 s of noise whose power falls as frequency to the `slope`."""
    n = 1 << 18
    bins = np.fft.rfft(np.random.default_rng(5).standard_normal(n))
    hertz = np.maximum(np.fft.rfftfreq(n, 1 / RATE), 30.0)
    return np.fft.irfft(bins * hertz ** (-slope / 2), n).astype(np.float32)


def _piece(rng: np.random.Generator, whole: NDArray[np.float32], n: int) -> NDArray[np.float32]:
    """[n] from a random place on, repeated where it ends too soon."""
    start = int(rng.integers(max(1, len(whole) - n)))
    return np.resize(whole[start:], n)


def _level(sound: NDArray[np.float32]) -> NDArray[np.float32]:
    return (sound / (np.sqrt(np.mean(np.square(sound, dtype=np.float64))) + 1e-9)).astype(np.float32)
